using System.Net;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.ServiceDefaults.Outbound;
using ManagedOAuth.Token.Keys.Signing;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Token.Evaluation;

/// <summary>
/// Asks the services that <c>external_evaluation</c> rules name, before the policies decide: only where the decision depends on them, and all at once.
/// A service that does not answer in time, or not in a way that counts, leaves its rule unknown.
/// </summary>
public sealed partial class ExternalEvaluations(EvaluationHttp http, SigningKeys signing, TimeProvider clock, IOptions<TokenOptions> options, ILogger<ExternalEvaluations> logger)
{
    private readonly PublicKeys _keys = new(http, clock);

    /// <summary>The identity with what the services say now in place of what they said before.</summary>
    public async Task<Identity> AskAsync(ConfigurationSnapshot snapshot, Application application, Identity identity, IPAddress address, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(identity);
        var unasked = identity with { Evaluations = null };
        if (PolicyEvaluator.Evaluate(snapshot, application, unasked, new RequestFacts { ClientAddress = address }).Outcome != PolicyOutcome.Indeterminate
            || snapshot.Organization is not { } organization)
        {
            return unasked;
        }

        var rules = ExternalEvaluationRules.Of(snapshot, application).ToList();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(options.Value.LookupDeadline);
        var answers = await Task.WhenAll(rules.Select(rule =>
            AskAsync(rule, EvaluationQuestion.Of(rule, unasked, application, organization.AuthDomain, address, clock.GetUtcNow()), deadline.Token)));
        cancellation.ThrowIfCancellationRequested();
        var said = rules.Zip(answers).Where(pair => pair.Second is not null).ToDictionary(pair => pair.First.Key, pair => pair.Second!.Value, StringComparer.Ordinal);
        return unasked with { Evaluations = said.Count == 0 ? null : said };
    }

    private async Task<bool?> AskAsync(Rule.ExternalEvaluation rule, EvaluationQuestion question, CancellationToken cancellation)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, rule.EvaluateUrl)
            {
                Content = JsonContent.Create(new Dictionary<string, string> { ["token"] = signing.Sign(question.Claims) }),
            };

            // With a length: a body in chunks is more than many small services can read.
            await request.Content.LoadIntoBufferAsync(cancellation);
            var reply = await http.SendAsync(request, cancellation);
            return reply.Status == 200
                ? await EvaluationAnswer.ReadAsync(reply.Text("token"), question.Nonce, keyId => _keys.FindAsync(rule.KeysUrl, keyId, cancellation), clock.GetUtcNow())
                : throw new OutboundUnavailableException($"{rule.EvaluateUrl} answered {reply.Status}");
        }
        catch (OutboundUnavailableException away)
        {
            LogUnknown(logger, rule.EvaluateUrl, away.Message);
            return null;
        }
        catch (OperationCanceledException)
        {
            LogUnknown(logger, rule.EvaluateUrl, "no answer in time");
            return null;
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The external evaluation at {Url} gave no answer that counts: {Reason}", EventName = "ExternalEvaluationUnknown")]
    private static partial void LogUnknown(ILogger logger, string url, string reason);
}
