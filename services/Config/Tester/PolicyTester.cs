using System.Net;
using System.Text.Json;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Token;
using Identity = ManagedOAuth.Contracts.Policies.Identity;

namespace ManagedOAuth.Config.Tester;

/// <summary>Evaluates policies for everybody who ever got access, on the identities of their newest grants.</summary>
public sealed class PolicyTester(GrantQueries.GrantQueriesClient token, ConfigurationLog log, TimeProvider clock)
{
    private const int PageSize = 1000;

    /// <summary>The most users that one test looks at.</summary>
    public const int MaximumUsers = 20_000;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);

    /// <summary>Runs a test.</summary>
    /// <param name="policies">In the order in which they decide; those that are not saved yet included.</param>
    /// <param name="address">The address that users are assumed to come from; null = unknown.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>The test, and what came out for each user.</returns>
    public async Task<(PolicyTest Test, IReadOnlyList<TestedUser> Users)> RunAsync(IReadOnlyList<Policy> policies, IPAddress? address, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(policies);
        var (snapshot, application) = Imagine(log.Current.Snapshot, policies);
        var began = clock.GetUtcNow();
        var users = new List<TestedUser>();
        var complete = false;
        for (var after = ""; !complete && users.Count < MaximumUsers && clock.GetUtcNow() - began < s_patience;)
        {
            var page = await token.ListIdentitiesAsync(
                new IdentitiesRequest { AfterEmail = after, Limit = PageSize }, deadline: clock.GetUtcNow().UtcDateTime + s_deadline, cancellationToken: ct);
            foreach (var json in page.Identities)
            {
                var identity = JsonSerializer.Deserialize(json.Span, ConfigurationJson.Default.Identity)!;
                users.Add(Test(snapshot, application, identity, address));
                after = identity.Email;
            }

            complete = page.Identities.Count < PageSize || (users.Count >= MaximumUsers && await IsLastAsync(after, ct));
        }

        return (new PolicyTest { Id = Guid.NewGuid(), At = began, Position = snapshot.Position, Complete = complete, Policies = [.. policies.Select(policy => policy.Id)], Parts = null }, users);
    }

    /// <summary>The identity of one user as their newest grant has it; null when there is none.</summary>
    public async Task<Identity?> FindAsync(string email, CancellationToken ct)
    {
        var reply = await token.ListIdentitiesAsync(
            new IdentitiesRequest { Email = email, Limit = 1 }, deadline: clock.GetUtcNow().UtcDateTime + s_deadline, cancellationToken: ct);
        return reply.Identities.Count == 0 ? null : JsonSerializer.Deserialize(reply.Identities[0].Span, ConfigurationJson.Default.Identity);
    }

    /// <summary>Decides for one user.</summary>
    public static TestedUser Test(ConfigurationSnapshot snapshot, Application application, Identity identity, IPAddress? address)
    {
        ArgumentNullException.ThrowIfNull(identity);
        var decision = PolicyEvaluator.Evaluate(snapshot, application, identity, new RequestFacts { ClientAddress = address });
        return new TestedUser
        {
            Id = identity.UserId,
            Email = identity.Email,
            Status = decision.AdmitsUser ? TestedStatus.Approved : decision.Outcome == PolicyOutcome.Indeterminate ? TestedStatus.Error : TestedStatus.Blocked,
            PolicyId = decision.PolicyId,
            PolicyName = decision.PolicyName,
            Rule = decision.Rule,
        };
    }

    /// <summary>A configuration with an application that has exactly these policies.</summary>
    public static (ConfigurationSnapshot Snapshot, Application Application) Imagine(ConfigurationSnapshot snapshot, IReadOnlyList<Policy> policies)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(policies);
        var application = new Application
        {
            Id = Guid.NewGuid(),
            Aud = "",
            Name = "policy test",
            Domain = "",
            Policies = [.. policies.Select((policy, index) => new PolicyReference(policy.Id, index + 1))],
        };
        return (snapshot with { Policies = snapshot.Policies.SetItems(policies.Select(policy => KeyValuePair.Create(policy.Id, policy))) }, application);
    }

    private async Task<bool> IsLastAsync(string email, CancellationToken ct)
        => (await token.ListIdentitiesAsync(new IdentitiesRequest { AfterEmail = email, Limit = 1 }, deadline: clock.GetUtcNow().UtcDateTime + s_deadline, cancellationToken: ct)).Identities.Count == 0;
}
