using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Contracts.Tokens;
using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.Token.Grants;
using ManagedOAuth.Token.Keys;
using ManagedOAuth.Token.Secrets;
using ManagedOAuth.Token.TokenEndpoint;
using Marten.Exceptions;

namespace ManagedOAuth.Token.Codes;

/// <summary>
/// Redeems a code that passed every rule: starts the grant's stream, so that of parallel redemptions PostgreSQL's key lets one through.
/// </summary>
public sealed partial class RedeemCode(GrantWriter grants, AccessTokens tokens, ILogger<RedeemCode> logger)
{
    public async Task<TokenResult> HandleAsync(TokenContext context, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(context);
        var pending = context.Pending!;
        var times = GrantTimes.Of(context.Application);
        var refresh = GrantSecret.New(SecretPrefixes.RefreshToken, pending.GrantId);
        var issued = Issue(context, times, refresh.Hash, Guid.NewGuid());
        if (issued.AccessEndsAt <= context.Now)
        {
            return TokenResult.Refused(OAuthError.InvalidGrant("The session is over."));
        }

        var accessToken = await tokens.MakeAsync(
            new AccessTokenRequest
            {
                Application = context.Application,
                Issuer = context.Configuration.Snapshot.Organization!.AuthDomain,
                GrantId = pending.GrantId,
                Identity = pending.Identity,
                ClientId = pending.ClientId,
                TokenId = issued.AccessTokenId,
                Scope = context.Scope,
                IssuedAt = context.Now,
                ExpiresAt = issued.AccessEndsAt,
            },
            cancellation);

        await using var session = grants.Open(new GrantCause($"client:{pending.ClientId}", context.Request.FlowId));
        try
        {
            if (!await grants.StartAsync(session, pending.GrantId, issued, cancellation))
            {
                return TokenResult.Refused(OAuthError.InvalidGrant("The access that this code was made for has been revoked."));
            }
        }
        catch (ExistingStreamIdCollisionException)
        {
            // The code had been redeemed already, perhaps this very moment. Everything else about this request was right: a replay.
            await EndReplayedAsync(context, cancellation);
            return TokenResult.Refused(OAuthError.InvalidGrant("The code is unknown, used or expired."));
        }

        LogIssued(logger, pending.GrantId, pending.ApplicationId);
        await ForgetAsync(context, cancellation);
        return TokenResult.Issued(new TokenResponse(
            accessToken, (int)(issued.AccessEndsAt - context.Now).TotalSeconds, refresh.Text, context.Scope, issued.Resource));
    }

    /// <summary>Ends the grant of a replayed code.</summary>
    public async Task EndReplayedAsync(TokenContext context, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(context);
        var code = context.Code!;
        var before = await grants.ChangeAsync(
            code.GrantId,
            new GrantCause("token", context.Request.FlowId),
            grant => CodeReplay.IsReplay(grant, code, context)
                ? GrantEnding.Replay(grant, ReplayedCredential.AuthorizationCode, 0, context.Now, context.Request.FlowId, context.Request.ClientAddress.ToString())
                : null,
            cancellation);
        if (before is { IsLive: true })
        {
            LogReplay(logger, code.GrantId);
        }
    }

    /// <summary>The first event of the grant: a pure function of what the code was bound to and of now.</summary>
    public static GrantIssued Issue(TokenContext context, GrantTimes times, string refreshTokenHash, Guid accessTokenId)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(times);
        var pending = context.Pending!;
        var end = pending.LoginAt + times.SessionDuration;
        return new GrantIssued
        {
            Kind = GrantKind.Oauth,
            Subject = new GrantSubject
            {
                ApplicationId = pending.ApplicationId,
                ClientId = pending.ClientId,
                ClientName = pending.ClientName,
                UserId = pending.Identity.UserId,
                Email = pending.Identity.Email,
            },
            Identity = pending.Identity,
            Decision = context.Decision!,
            ConfigurationPosition = context.Configuration.Snapshot.Position,
            TokenEndpointAuthMethod = pending.TokenEndpointAuthMethod,
            RedirectUri = pending.RedirectUri,
            Resource = pending.Resource.Length == 0 ? context.Request.PublicOrigin : pending.Resource,
            Scope = pending.Scope,
            CodeHash = pending.CodeHash,
            CodeChallenge = pending.CodeChallenge,
            RefreshTokenHash = refreshTokenHash,
            AccessTokenId = accessTokenId,
            LoginAt = pending.LoginAt,
            IssuedAt = context.Now,
            ExpiresAt = end,
            AccessEndsAt = times.AccessTokenEnd(context.Now, end),
            FlowId = pending.FlowId,
            ClientAddress = context.Request.ClientAddress.ToString(),
        };
    }

    private async Task ForgetAsync(TokenContext context, CancellationToken cancellation)
    {
        try
        {
            await context.Codes.ForgetAsync(context.Pending!.GrantId, cancellation);
        }
        catch (HotStoreUnavailableException)
        {
            // The grant stands and its stream refuses a second redemption; the entry ends by itself.
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Grant {GrantId} of application {ApplicationId} was issued.", EventName = "GrantIssued")]
    private static partial void LogIssued(ILogger logger, Guid grantId, Guid applicationId);

    [LoggerMessage(2, LogLevel.Warning, "The code of grant {GrantId} was used again.", EventName = "CodeReplayed")]
    private static partial void LogReplay(ILogger logger, Guid grantId);
}
