using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.IdentityProviders.Oidc;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.Outbound;

namespace ManagedOAuth.AuthorizationServer.Upstream.OAuth;

/// <summary>Asks token endpoints (RFC 6749 §4.1.3, §6; RFC 8707 §2.2) and revocation endpoints (RFC 7009).</summary>
public sealed class UpstreamTokens(UpstreamHttp http, ClientAuthentication authentication)
{
    private const int MaximumToken = 16 * 1024;
    private const long LongestLife = 366L * 24 * 3600;
    private static readonly string[] s_accountClaims = ["email", "preferred_username", "name", "sub"];
    private static readonly OidcEndpoints s_unknown = new() { Authorization = "", Token = "", Keys = "" };

    /// <summary>Redeems a code.</summary>
    /// <exception cref="OutboundUnavailableException">Neither tokens nor an error of the protocol.</exception>
    public Task<UpstreamTokenReply> RedeemAsync(string endpoint, UpstreamClient client, string? secret, string code, string verifier, string redirectUri, string resource, CancellationToken cancellation)
        => AskAsync(
            endpoint,
            client,
            secret,
            new Dictionary<string, string> { ["grant_type"] = "authorization_code", ["code"] = code, ["code_verifier"] = verifier, ["redirect_uri"] = redirectUri, ["resource"] = resource },
            cancellation);

    /// <summary>Refreshes.</summary>
    /// <exception cref="OutboundUnavailableException">Neither tokens nor an error of the protocol.</exception>
    public Task<UpstreamTokenReply> RefreshAsync(string endpoint, UpstreamClient client, string? secret, string refreshToken, string resource, CancellationToken cancellation)
        => AskAsync(
            endpoint,
            client,
            secret,
            new Dictionary<string, string> { ["grant_type"] = "refresh_token", ["refresh_token"] = refreshToken, ["resource"] = resource },
            cancellation);

    /// <summary>Revokes what somebody had: a refresh token takes its access tokens along (RFC 7009 §2.1), though not everywhere.</summary>
    public async Task RevokeAllAsync(string endpoint, UpstreamClient client, string? secret, string accessToken, string? refreshToken)
    {
        if (refreshToken is not null)
        {
            await RevokeAsync(endpoint, client, secret, refreshToken, "refresh_token", CancellationToken.None);
        }

        await RevokeAsync(endpoint, client, secret, accessToken, "access_token", CancellationToken.None);
    }

    private async Task RevokeAsync(string endpoint, UpstreamClient client, string? secret, string token, string hint, CancellationToken cancellation)
    {
        try
        {
            await SendAsync(endpoint, client, secret, new Dictionary<string, string> { ["token"] = token, ["token_type_hint"] = hint }, cancellation);
        }
        catch (OutboundUnavailableException)
        {
            // It is forgotten here either way, and ends there in its own time.
        }
    }

    private async Task<UpstreamTokenReply> AskAsync(string endpoint, UpstreamClient client, string? secret, Dictionary<string, string> form, CancellationToken cancellation)
    {
        var reply = await SendAsync(endpoint, client, secret, form, cancellation);
        if (reply.Status == StatusCodes.Status200OK && Read(reply) is { } tokens)
        {
            return new UpstreamTokenReply(tokens, null);
        }

        return reply.Status is >= 400 and < 500 && !reply.IsRateLimited && reply.Text("error") is { } error
            ? new UpstreamTokenReply(null, DisplayText.Clean(error, 40))
            : throw new OutboundUnavailableException($"{endpoint} answered {reply.Status} and neither tokens nor an error");
    }

    private Task<OutboundReply> SendAsync(string endpoint, UpstreamClient client, string? secret, Dictionary<string, string> form, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, endpoint);
        authentication.Apply(request, form, new OidcSettings { ClientId = client.ClientId, ClientSecret = secret, TokenEndpointAuthMethod = client.AuthMethod }, s_unknown);
        request.Content = new FormUrlEncodedContent(form);
        return http.SendAsync(request, cancellation);
    }

    private static UpstreamTokenSet? Read(OutboundReply reply)
    {
        if (reply.Text("access_token") is not { } token || !IsToken(token) || reply.Text("token_type") is { } type && !type.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        return new UpstreamTokenSet(token, reply.Text("refresh_token") is { } refresh && IsToken(refresh) ? refresh : null, LifeOf(reply.Json!.Value), AccountOf(reply.Text("id_token")))
        {
            Scope = reply.Text("scope") is { Length: <= 1000 } scope ? DisplayText.Clean(scope, 1000) : null,
        };
    }

    // It becomes a header: nothing but visible characters (RFC 6750 §2.1 allows fewer still).
    private static bool IsToken(string token) => token.Length is > 0 and <= MaximumToken && !token.AsSpan().ContainsAnyExceptInRange('!', '~');

    private static TimeSpan? LifeOf(JsonElement answer)
        => answer.TryGetProperty("expires_in", out var life)
            && (life.ValueKind == JsonValueKind.Number ? life.TryGetDouble(out var seconds) : double.TryParse(OutboundReply.TextOf(life), NumberStyles.Integer, CultureInfo.InvariantCulture, out seconds))
            && seconds > 0
                ? TimeSpan.FromSeconds(Math.Min(seconds, LongestLife))
                : null;

    // For people to read and for nothing else; it came straight from the token endpoint (OpenID Connect Core §3.1.3.7, 6).
    private static string AccountOf(string? idToken)
    {
        if (idToken?.Split('.') is not [_, { Length: > 0 and <= MaximumToken } payload, _] || !Base64Url.IsValid(payload))
        {
            return "";
        }

        try
        {
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(payload));
            return claims.RootElement.ValueKind != JsonValueKind.Object ? ""
                : DisplayText.Clean(s_accountClaims.Select(name => UpstreamMetadata.Text(claims.RootElement, name)).FirstOrDefault(text => text is not null) ?? "", 100);
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            // No JSON, or with names that are no texts: nobody is named.
            return "";
        }
    }
}

/// <summary>What a token endpoint said.</summary>
/// <param name="Tokens">Null when it refused.</param>
/// <param name="Error">The error's code when it refused.</param>
public sealed record UpstreamTokenReply(UpstreamTokenSet? Tokens, string? Error);

/// <summary>Tokens of an authorization server.</summary>
/// <param name="AccessToken">For the server.</param>
/// <param name="RefreshToken">Null = none, or the one before stays.</param>
/// <param name="Life">Of the access token; null = nobody said.</param>
/// <param name="Account">Who is logged in there; may be empty.</param>
public sealed record UpstreamTokenSet(string AccessToken, string? RefreshToken, TimeSpan? Life, string Account)
{
    /// <summary>What was granted; null = what was asked for.</summary>
    public string? Scope { get; init; }

    /// <summary>Nothing of it belongs into a log.</summary>
    public override string ToString() => "tokens";
}
