using System.Diagnostics;
using ManagedOAuth.ServiceDefaults.Http;
using ManagedOAuth.ServiceDefaults.RateLimits;
using ManagedOAuth.Token.Clients;
using ManagedOAuth.Token.Codes;
using ManagedOAuth.Token.Configuration;
using ManagedOAuth.Token.Grants;
using ManagedOAuth.Token.Refresh;

namespace ManagedOAuth.Token.TokenEndpoint;

/// <summary>
/// A token request from the first byte to the answer: the common rules, the rules of its grant type, then redemption or refresh. An
/// outage anywhere on the way is answered 503 with nothing consumed.
/// </summary>
public sealed partial class TokenExchange(
    ConfigurationSource configuration,
    IClientDirectory clients,
    ICodes codes,
    GrantWriter grants,
    RedeemCode redeem,
    RefreshGrant refresh,
    RateLimiter limiter,
    TokenMetrics metrics,
    TimeProvider clock,
    ILogger<TokenExchange> logger)
{
    private static readonly RateLimit s_client = RateLimit.PerMinute("token-client", 3_000);

    public async Task<TokenResult> HandleAsync(EndpointRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        var context = new TokenContext
        {
            Request = request,
            Configuration = configuration.Current,
            Clients = clients,
            Codes = codes,
            Grants = grants,
            Now = clock.GetUtcNow(),
        };
        using var activity = TokenMetrics.Source.StartActivity("token");
        var result = await DecideAsync(context, cancellation);
        var grantType = context.Form["grant_type"] is TokenContext.AuthorizationCode or TokenContext.RefreshToken ? context.Form["grant_type"]! : "other";
        metrics.TokenRequest(grantType, result.Error?.Code);
        activity?.SetTag("oauth.grant_type", grantType);
        activity?.SetTag("oauth.error", result.Error?.Code);
        return result;
    }

    private async Task<TokenResult> DecideAsync(TokenContext context, CancellationToken cancellation)
    {
        try
        {
            if (await TokenRules.Common.CheckAsync(context, cancellation) is { } objection)
            {
                return TokenResult.Refused(objection);
            }

            var permit = await limiter.AcquireAsync(s_client, $"{context.Application.Id}/{context.Client.ClientId}", cancellation);
            if (!permit.IsAllowed)
            {
                return TokenResult.Refused(OAuthError.TooManyRequests(permit.RetryAfter));
            }

            return context.Form["grant_type"] == TokenContext.AuthorizationCode
                ? await RedeemAsync(context, cancellation)
                : await RefreshAsync(context, cancellation);
        }
        catch (Exception e) when (Outages.IsTransient(e))
        {
            // What is away may come back in a moment; the client keeps its tokens and tries again.
            LogOutage(logger, e.GetType().Name, e.Message);
            Activity.Current?.SetStatus(ActivityStatusCode.Error);
            return TokenResult.Refused(OAuthError.TemporarilyUnavailable());
        }
    }

    private async Task<TokenResult> RedeemAsync(TokenContext context, CancellationToken cancellation)
    {
        if (await TokenRules.AuthorizationCode.CheckAsync(context, cancellation) is not { } objection)
        {
            return await redeem.HandleAsync(context, cancellation);
        }

        switch (context.Consequence)
        {
            case TokenConsequence.CodeReplayed:
                await redeem.EndReplayedAsync(context, cancellation);
                break;

            case TokenConsequence.WrongVerifier:
                await codes.CountWrongVerifierAsync(context.Pending!.GrantId, cancellation);
                break;

            case TokenConsequence.Denied:
                LogDenied(logger, context.Application.Id, context.Decision!.PolicyId, context.Decision.PolicyVersion, context.Decision.Rule);
                break;
        }

        return TokenResult.Refused(objection);
    }

    private async Task<TokenResult> RefreshAsync(TokenContext context, CancellationToken cancellation)
        => await TokenRules.Refresh.CheckAsync(context, cancellation) is { } objection
            ? TokenResult.Refused(objection)
            : await refresh.HandleAsync(context, cancellation);

    [LoggerMessage(1, LogLevel.Warning, "A token request could not be decided: {Error}: {Message}", EventName = "TokenRequestUndecided")]
    private static partial void LogOutage(ILogger logger, string error, string message);

    [LoggerMessage(2, LogLevel.Information, "A code for application {ApplicationId} was not redeemed: policy {PolicyId} version {Version}: {Rule}", EventName = "RedemptionDenied")]
    private static partial void LogDenied(ILogger logger, Guid applicationId, Guid? policyId, long version, string rule);
}
