using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.ServiceTokens;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Tokens;
using Microsoft.Extensions.Primitives;

namespace ManagedOAuth.Config.Api;

/// <summary>
/// Lets a request pass that carries a valid API token with the permission that its method needs. Whatever is wrong with a token (none, unknown,
/// expired) has the same answer.
/// </summary>
public sealed class ApiTokenFilter(ConfigurationLog log, TimeProvider clock) : IEndpointFilter
{
    /// <summary>Where the caller's name stands for the events: <c>api-token:{name}</c>.</summary>
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

        if (Authenticate(http.Request.Headers.Authorization) is not { } token)
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
            return ApiEnvelope.Error(StatusCodes.Status401Unauthorized, ApiErrors.NotAuthenticated());
        }

        if (!Permits(token, http.Request.Method))
        {
            return ApiEnvelope.Error(StatusCodes.Status403Forbidden, ApiErrors.NotPermitted());
        }

        http.Items[ActorKey] = $"api-token:{token.Name}";
        return await next(context);
    }

    private ApiToken? Authenticate(StringValues header)
    {
        const string Scheme = "Bearer ";
        if (header.Count != 1 || header[0] is not { Length: < 200 } value || !value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        // Found by the hash of 256 random bits: an attacker who measures the look-up learns about hashes, which leads to no token.
        var presented = value[Scheme.Length..];
        return presented.StartsWith(SecretPrefixes.ApiToken, StringComparison.Ordinal)
            && log.Current.ApiTokens.TryGetValue(ServiceTokenSecret.Hash(presented), out var token)
            && (token.ExpiresAt is null || token.ExpiresAt > clock.GetUtcNow())
                ? token
                : null;
    }

    private static bool Permits(ApiToken token, string method)
        => token.Permissions.Contains(ApiPermission.Write)
            || ((HttpMethods.IsGet(method) || HttpMethods.IsHead(method)) && token.Permissions.Contains(ApiPermission.Read));
}
