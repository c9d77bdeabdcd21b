using System.Globalization;
using ManagedOAuth.Config.ApiTokens;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.ServiceTokens;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Tokens;
using ManagedOAuth.ServiceDefaults.RateLimits;

namespace ManagedOAuth.Config.Api;

/// <summary>
/// Lets a request pass that carries a valid API token with the permission that its route declares. Whatever is wrong with a token (none, unknown,
/// expired, disabled, removed, shown from elsewhere) has the same answer; a source that keeps sending wrong ones is asked to wait.
/// </summary>
public sealed class ApiTokenFilter(ConfigurationLog log, ApiTokenUses uses, RateLimiter limiter, TimeProvider clock) : IEndpointFilter
{
    private static readonly RateLimit s_failures = RateLimit.PerMinute("api-token-failures", 600);

    /// <summary>Where the caller stands for the events, as <see cref="Actors"/> says.</summary>
    public const string ActorKey = "managedoauth.actor";

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        var http = context.HttpContext;
        if (!log.Loaded)
        {
            return ApiEnvelope.Error(StatusCodes.Status503ServiceUnavailable, ApiErrors.Unavailable("the configuration store"));
        }

        // Whoever is known already came by the dashboard.
        if (ApiCaller.Of(http) is not null && !HttpMethods.IsGet(http.Request.Method) && !DryRuns.DryRun.IsAsked(http.Request)
            && log.Current.Snapshot.Organization is { IsUiReadOnly: true })
        {
            return ApiEnvelope.Error(StatusCodes.Status403Forbidden, ApiErrors.DashboardIsReadOnly());
        }

        var caller = ApiCaller.Of(http) ?? Authenticated(http);
        if (caller is null)
        {
            if (http.Request.Headers.Authorization.Count > 0 && RateLimitSubjects.Source(http) is { } source && await limiter.AcquireAsync(s_failures, source, http.RequestAborted) is { IsAllowed: false } permit)
            {
                http.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(permit.RetryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
                return ApiEnvelope.Error(StatusCodes.Status429TooManyRequests, ApiErrors.TooManyFailures());
            }

            // Another replica may have made the token a moment ago.
            caller = http.Request.Headers.Authorization.Count > 0 && await log.ReadAgainAsync(http.RequestAborted) is { } ? Authenticated(http) : null;
        }

        if (caller is null)
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
            return ApiEnvelope.Error(StatusCodes.Status401Unauthorized, ApiErrors.NotAuthenticated());
        }

        // A route without the metadata does not exist: the start refuses it. Here it would need everything.
        var required = http.GetEndpoint()?.Metadata.GetMetadata<RequiredPermission>() ?? new RequiredPermission(ApiPermission.Write, ApiPermission.Write);
        return required.For(http.Request.Method) is { } needed && !caller.Permissions.Hold(needed)
            ? ApiEnvelope.Error(StatusCodes.Status403Forbidden, ApiErrors.NotPermitted())
            : await next(context);
    }

    private ApiCaller? Authenticated(HttpContext http)
    {
        if (Authenticate(http) is not { } token)
        {
            return null;
        }

        uses.Note(token.Id);
        var caller = new ApiCaller(Actors.Of(token), token.Permissions, token.Id.ToString());
        caller.Enter(http);
        return caller;
    }

    private ApiToken? Authenticate(HttpContext http)
    {
        var header = http.Request.Headers.Authorization;
        const string Scheme = "Bearer ";
        if (header.Count != 1 || header[0] is not { Length: < 200 } value || !value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        // Found by the hash of 256 random bits: an attacker who measures the look-up learns about hashes, which leads to no token.
        var presented = value[Scheme.Length..];
        return presented.StartsWith(SecretPrefixes.ApiToken, StringComparison.Ordinal)
            && log.Current.ApiTokens.TryGetValue(ServiceTokenSecret.Hash(presented), out var token)
            && token.Admits(clock.GetUtcNow(), RateLimitSubjects.Address(http))
                ? token
                : null;
    }
}
