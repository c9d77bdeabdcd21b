using ManagedOAuth.ServiceDefaults.RateLimits;

namespace ManagedOAuth.Token.TokenEndpoint;

/// <summary>
/// <c>POST /cdn-cgi/access/oauth/token</c> (OAuth 2.1 §3.2): reads the request, lets <see cref="TokenExchange"/> decide, writes the answer.
/// </summary>
public static class TokenEndpoint
{
    public const string Path = "/cdn-cgi/access/oauth/token";

    // Whole offices sit behind one address; these limits stop a flood, the secrets' 256 bits stop a guess.
    private static readonly RateLimit s_source = RateLimit.PerMinute("token-source", 6_000);
    private static readonly RateLimit s_application = RateLimit.PerMinute("token-application", 60_000);

    public static void MapToken(this IEndpointRouteBuilder app)
        => app.MapPostForm(Path, Handle)
            .LimitRate(s_source, RateLimitSubjects.Source, RateLimitResponses.OAuth)
            .LimitRate(s_application, RateLimitSubjects.Application, RateLimitResponses.OAuth);

    private static async Task Handle(HttpContext http)
    {
        var exchange = http.RequestServices.GetRequiredService<TokenExchange>();
        var result = await exchange.HandleAsync(await FormEndpoint.ReadAsync(http), http.RequestAborted);
        if (result.Response is { } response)
        {
            await FormEndpoint.WriteAsync(http, StatusCodes.Status200OK, response, EndpointJson.Default.TokenResponse);
        }
        else
        {
            await FormEndpoint.WriteAsync(http, result.Error!);
        }
    }
}
