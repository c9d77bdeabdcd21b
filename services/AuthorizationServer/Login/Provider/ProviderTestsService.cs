using Grpc.Core;
using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.IdentityProviders;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.ServiceDefaults.Snapshots;

namespace ManagedOAuth.AuthorizationServer.Login.Provider;

/// <summary>Lets Config begin tries of identity providers and read what came of them.</summary>
[AllowedCallers("config")]
public sealed class ProviderTestsService(TransactionStore transactions, IConfigurationSnapshots snapshots, Providers providers) : ProviderTests.ProviderTestsBase
{
    /// <inheritdoc />
    public override async Task<BeginProviderTestReply> Begin(BeginProviderTestRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var snapshot = snapshots.Current;
        if (!Guid.TryParse(request.ProviderId, out var id) || !snapshot.IdentityProviders.TryGetValue(id, out var provider)
            || providers.For(provider) is null || RequestScope.TeamOriginOf(snapshot) is not { } team)
        {
            throw new RpcException(new Status(StatusCode.NotFound, "no such identity provider"));
        }

        var stored = await transactions.BeginAsync(
            (transactionId, expiresAt) => new Transaction
            {
                Id = transactionId,
                ApplicationId = Guid.Empty,
                FlowId = System.Diagnostics.Activity.Current?.TraceId.ToString() ?? transactionId,
                ExpiresAt = expiresAt,
                Test = new ProviderTest(id),
            },
            context.CancellationToken);
        return new BeginProviderTestReply { Id = stored.Value.Id, Url = $"{team}{Paths.Login}/{stored.Value.Id}", ExpiresAt = stored.Value.ExpiresAt.ToUnixTimeSeconds() };
    }

    /// <inheritdoc />
    public override async Task<ProviderTestReply> Find(FindProviderTestRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if ((await transactions.FindAsync(request.Id, context.CancellationToken))?.Value.Test is not { } test || test.ProviderId.ToString() != request.ProviderId)
        {
            throw new RpcException(new Status(StatusCode.NotFound, "no such test"));
        }

        var reply = new ProviderTestReply { Status = test.Status, Explanation = test.Explanation, Email = test.Email, CanBeAskedAgain = test.CanBeAskedAgain };
        foreach (var (name, values) in test.Claims)
        {
            reply.Claims.Add(new CurrentClaim { Name = name, Values = { values } });
        }

        return reply;
    }
}
