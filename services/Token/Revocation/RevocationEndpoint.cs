using ManagedOAuth.ServiceDefaults.Http;
using ManagedOAuth.ServiceDefaults.RateLimits;
using ManagedOAuth.Token.Clients;
using ManagedOAuth.Token.Configuration;
using ManagedOAuth.Token.Grants;
using ManagedOAuth.Token.Keys;
using ManagedOAuth.Token.TokenEndpoint;

namespace ManagedOAuth.Token.Revocation;

/// <summary><c>POST /cdn-cgi/access/oauth/revoke</c> (RFC 7009): 200 for everything but a malformed request, a bad client, another client's token or an outage.</summary>
public static partial class RevocationEndpoint
{
    public const string Path = "/cdn-cgi/access/oauth/revoke";

    private static readonly RateLimit s_source = RateLimit.PerMinute("revoke-source", 1_200);

    public static void MapRevocation(this IEndpointRouteBuilder app)
        => app.MapPostForm(Path, Handle).LimitRate(s_source, RateLimitSubjects.Source, RateLimitResponses.OAuth);

    private static async Task Handle(HttpContext http)
    {
        var services = http.RequestServices;
        var context = new RevocationContext
        {
            Request = await FormEndpoint.ReadAsync(http),
            Configuration = services.GetRequiredService<ConfigurationSource>().Current,
            Clients = services.GetRequiredService<IClientDirectory>(),
            Grants = services.GetRequiredService<IGrants>(),
            Tokens = services.GetRequiredService<AccessTokens>(),
            Now = services.GetRequiredService<TimeProvider>().GetUtcNow(),
        };
        try
        {
            if (await RevocationRules.All.CheckAsync(context, http.RequestAborted) is { } objection)
            {
                await FormEndpoint.WriteAsync(http, objection);
                return;
            }

            await services.GetRequiredService<RevokeToken>().HandleAsync(context, http.RequestAborted);
        }
        catch (Exception e) when (Outages.IsTransient(e))
        {
            // The token may still be alive, so this must not look like success (RFC 7009 §2.2.1).
            LogOutage(services.GetRequiredService<ILogger<RevokeToken>>(), e.GetType().Name, e.Message);
            await FormEndpoint.WriteAsync(http, OAuthError.TemporarilyUnavailable());
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "A revocation could not be done: {Error}: {Message}", EventName = "RevocationUndecided")]
    private static partial void LogOutage(ILogger logger, string error, string message);
}
