using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Token.Grants;
using Marten.Exceptions;

namespace ManagedOAuth.Token.Revocation;

/// <summary>
/// Revokes what a client gives back (RFC 7009). A refresh token takes its whole grant with it, access tokens included; an access token only
/// itself. A token of another application, an unknown or dead one: nothing happens and nothing is told (§2.2).
/// </summary>
public sealed partial class RevokeToken(GrantWriter grants, ILogger<RevokeToken> logger)
{
    public async Task HandleAsync(RevocationContext context, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Grant is not { IsLive: true } grant || grant.Subject.ApplicationId != context.Application.Id)
        {
            return;
        }

        var cause = new GrantCause($"client:{context.Client.ClientId}", context.Request.FlowId);
        if (context.RefreshSecret is not null)
        {
            await grants.ChangeAsync(
                grant.Id,
                cause,
                state => GrantEnding.Revoke(
                    state, RevocationReason.Client, context.Now, flowId: context.Request.FlowId, clientAddress: context.Request.ClientAddress.ToString()),
                cancellation);
            LogRevoked(logger, grant.Id);
        }
        else if (context.AccessToken is { } token && token.ExpiresAt > context.Now)
        {
            await RevokeAccessTokenAsync(context, cause, token.TokenId, token.ExpiresAt, cancellation);
        }
    }

    private async Task RevokeAccessTokenAsync(
        RevocationContext context, GrantCause cause, Guid tokenId, DateTimeOffset expiresAt, CancellationToken cancellation)
    {
        try
        {
            await grants.ChangeAsync(
                context.Grant!.Id,
                cause,
                state => !state.IsLive ? null : new AccessTokenRevoked
                {
                    Subject = state.Subject,
                    Decision = state.Decision,
                    TokenId = tokenId,
                    TokenExpiresAt = expiresAt,
                    FlowId = context.Request.FlowId,
                },
                cancellation);
        }
        catch (DocumentAlreadyExistsException)
        {
            // It was revoked before: the same answer, and no second event.
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Grant {GrantId} was revoked by its client.", EventName = "GrantRevokedByClient")]
    private static partial void LogRevoked(ILogger logger, Guid grantId);
}
