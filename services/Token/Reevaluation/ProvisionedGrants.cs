using Grpc.Core;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Messages;
using ManagedOAuth.ServiceDefaults.Http;
using ManagedOAuth.Token.Configuration;
using ManagedOAuth.Token.Grants;
using Marten;
using Wolverine;
using IdentitiesClient = ManagedOAuth.Contracts.AuthorizationServer.Identities.IdentitiesClient;

namespace ManagedOAuth.Token.Reevaluation;

/// <summary>
/// Decides the live grants and sessions of users again whom an identity provider changed. What is provisioned is asked for when it is needed, so messages that
/// come late, twice or in another order do no harm.
/// </summary>
public sealed partial class ProvisionedGrants(
    IDocumentStore store, GrantWriter grants, ConfigurationSource configuration, IdentitiesClient identities, TimeProvider clock, ILogger<ProvisionedGrants> logger)
{
    private const int Batch = 200;
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(5);

    /// <summary>Decides all of them. False: authorization-server could not be asked; come again.</summary>
    public async Task<bool> EvaluateAsync(ProvisioningChanged change, IMessageContext context, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(change);
        var cause = GrantCause.Of($"identity-provider:{change.ProviderId}", context);
        var after = Guid.Empty;
        IReadOnlyList<Grant> page;
        do
        {
            page = await NextAsync(change, after, cancellation);
            if (page.Count == 0)
            {
                return true;
            }

            if (await AskAsync(change.ProviderId, page, cancellation) is not { } said)
            {
                return false;
            }

            var snapshot = configuration.Current.Snapshot;
            foreach (var grant in page)
            {
                await grants.ChangeAsync(
                    grant.Id, cause, state => ProvisionedEvaluation.Decide(snapshot, state, change, said.GetValueOrDefault(state.Subject.Email), clock.GetUtcNow()), cancellation);
            }

            after = page[^1].Id;
        }
        while (page.Count == Batch);
        return true;
    }

    private async Task<IReadOnlyList<Grant>> NextAsync(ProvisioningChanged change, Guid after, CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        return await session.QueryAsync<Grant>(
            "where (data -> 'subject' ->> 'email') = any(?) and (data -> 'identity' ->> 'identityProviderId') = ? and ((data ->> 'isLive')::boolean) and d.id > ? order by d.id limit ?",
            cancellation,
            change.Emails.ToArray(),
            change.ProviderId.ToString(),
            after,
            Batch);
    }

    private async Task<Dictionary<string, ProvisionedUser>?> AskAsync(Guid provider, IReadOnlyList<Grant> page, CancellationToken cancellation)
    {
        try
        {
            var request = new ProvisionedRequest { ProviderId = provider.ToString(), Emails = { page.Select(grant => grant.Subject.Email).Distinct(StringComparer.Ordinal) } };
            var reply = await identities.ProvisionedAsync(request, deadline: clock.GetUtcNow().UtcDateTime + s_deadline, cancellationToken: cancellation);
            return reply.Users.ToDictionary(user => user.Email, StringComparer.Ordinal);
        }
        catch (RpcException away) when (Outages.IsTransient(away))
        {
            LogAway(logger, provider, away.StatusCode);
            return null;
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Users of identity provider {ProviderId} wait to be decided again: {Status}", EventName = "ProvisioningWaits")]
    private static partial void LogAway(ILogger logger, Guid providerId, StatusCode status);
}
