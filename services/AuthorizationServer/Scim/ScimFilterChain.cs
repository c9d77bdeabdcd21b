using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.Scim.Resources;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.Http;
using ManagedOAuth.ServiceDefaults.RateLimits;

namespace ManagedOAuth.AuthorizationServer.Scim;

/// <summary>
/// In front of every SCIM endpoint: 1 the configuration is there and this is the team domain; 2 the bearer token is the secret of the provider in the path
/// (RFC 6750; compared as a hash, in constant time, and the same answer for an unknown provider); 3 rate limits; 4 refusals and outages in SCIM's form.
/// </summary>
public sealed partial class ScimFilterChain(RateLimiter limiter, ILogger<ScimFilterChain> logger) : IEndpointFilter
{
    private static readonly RateLimit s_provider = RateLimit.PerMinute("scim-provider", 3000);
    private static readonly RateLimit s_failures = RateLimit.PerMinute("scim-failures", 60);
    private static readonly string s_nobody = new('0', 64);

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        var http = context.HttpContext;
        try
        {
            var scope = RequestScope.Of(http);
            if (!scope.IsLoaded)
            {
                throw Unavailable(http);
            }

            if (!scope.IsTeamDomain)
            {
                throw ScimException.NotFound("endpoint");
            }

            var provider = await AuthenticateAsync(http, scope);
            http.Items[typeof(ScimCaller)] = new ScimCaller(provider, $"{scope.TeamOrigin}{ScimEndpoints.Path}/{provider.Id}", scope.Edge.FlowId);
            return await next(context);
        }
        catch (ScimException refusal)
        {
            return new ScimResult(refusal.Status, ScimJson.Of(refusal));
        }
        catch (Exception away) when (Outages.IsTransient(away) && !http.RequestAborted.IsCancellationRequested)
        {
            LogOutage(logger, away.GetType().Name, away.Message);
            return new ScimResult(StatusCodes.Status503ServiceUnavailable, ScimJson.Of(Unavailable(http)));
        }
    }

    private async Task<IdentityProvider> AuthenticateAsync(HttpContext http, RequestScope scope)
    {
        var provider = Guid.TryParse(http.Request.RouteValues["provider"] as string, out var id) ? scope.Snapshot.IdentityProviders.GetValueOrDefault(id) : null;
        var expected = provider?.ScimConfig is { Enabled: true, SecretHash: { Length: 64 } hash } ? hash : null;
        var header = http.Request.Headers.Authorization.ToString();
        var given = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header["Bearer ".Length..].Trim() : "";
        var matches = CryptographicOperations.FixedTimeEquals(
            Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(given)))), Encoding.ASCII.GetBytes(expected ?? s_nobody));
        if (!matches || expected is null)
        {
            await LimitAsync(http, s_failures, RateLimitSubjects.Source(scope.Edge.ClientAddress));
            http.Response.Headers.WWWAuthenticate = "Bearer";
            throw new ScimException(StatusCodes.Status401Unauthorized, null, "The bearer token is not the SCIM secret of this identity provider, or provisioning is off.");
        }

        await LimitAsync(http, s_provider, provider!.Id.ToString());
        return provider;
    }

    private async Task LimitAsync(HttpContext http, RateLimit limit, string subject)
    {
        var permit = await limiter.AcquireAsync(limit, subject, http.RequestAborted);
        if (!permit.IsAllowed)
        {
            http.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(permit.RetryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            throw new ScimException(StatusCodes.Status429TooManyRequests, null, "Too many requests. Try again after the time in Retry-After.");
        }
    }

    private static ScimException Unavailable(HttpContext http)
    {
        http.Response.Headers.RetryAfter = "5";
        return new ScimException(StatusCodes.Status503ServiceUnavailable, null, "The service cannot do this right now. Try again.");
    }

    [LoggerMessage(1, LogLevel.Warning, "A provisioning request could not be answered: {Error}: {Message}", EventName = "ScimOutage")]
    private static partial void LogOutage(ILogger logger, string error, string message);
}
