using Grpc.Core;
using ManagedOAuth.AuthorizationServer.Scim;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.ServiceDefaults.Outbound;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders.Grants;

/// <summary>Tells Token what a user's identity provider says now.</summary>
[AllowedCallers("token")]
public sealed partial class IdentitiesService(CurrentIdentities identities, Provisioning provisioning, ILogger<IdentitiesService> logger) : Identities.IdentitiesBase
{
    private const int MostEmails = 500;
    private const long LastMoment = 32_503_680_000; // the year 3000: anything later is a mistake of the caller

    /// <inheritdoc />
    public override async Task<CurrentIdentityReply> Current(CurrentIdentityRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (!Guid.TryParse(request.ProviderGrantId, out var id) || !Guid.TryParse(request.UserId, out var userId))
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "provider_grant_id or user_id is no uuid"));
        }

        try
        {
            var neededUntil = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(request.NeededUntil, 0, LastMoment));
            var grant = await identities.AskAsync(id, userId, neededUntil, context.CancellationToken);
            return grant is null ? new CurrentIdentityReply { Refusal = "the identity provider can no longer be asked about the user" }
                : grant.Refusal is { } refusal ? new CurrentIdentityReply { Refusal = refusal }
                : Reply(grant, await provisioning.FindAsync(grant.ProviderId, grant.Email, context.CancellationToken));
        }
        catch (OutboundUnavailableException away)
        {
            // Nobody said no: the caller keeps the grant as it is and comes again.
            LogUnavailable(logger, id, away.Message);
            throw new RpcException(new Status(StatusCode.Unavailable, "the identity provider cannot be asked right now"));
        }
    }

    /// <inheritdoc />
    public override async Task<ProvisionedReply> Provisioned(ProvisionedRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (!Guid.TryParse(request.ProviderId, out var provider) || request.Emails.Count > MostEmails)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"provider_id is no uuid, or there are more than {MostEmails} emails"));
        }

        var reply = new ProvisionedReply();
        foreach (var (email, said) in await provisioning.FindAsync(provider, [.. request.Emails.Distinct(StringComparer.Ordinal)], context.CancellationToken))
        {
            reply.Users.Add(new ProvisionedUser { Email = email, Refusal = said.Refusal ?? "", HasGroups = said.Groups is not null, Groups = { said.Groups ?? [] } });
        }

        return reply;
    }

    private static CurrentIdentityReply Reply(ProviderGrant grant, ProvisionedIdentity provisioned)
    {
        if (provisioned.Refusal is { } refusal)
        {
            return new CurrentIdentityReply { Refusal = refusal };
        }

        var reply = new CurrentIdentityReply { Email = grant.Email };
        foreach (var (name, values) in provisioned.In(grant.Claims))
        {
            reply.Claims.Add(new CurrentClaim { Name = name, Values = { values } });
        }

        return reply;
    }

    [LoggerMessage(1, LogLevel.Warning, "Provider grant {ProviderGrantId} could not be asked about: {Message}", EventName = "IdentityUnknown")]
    private static partial void LogUnavailable(ILogger logger, Guid providerGrantId, string message);
}
