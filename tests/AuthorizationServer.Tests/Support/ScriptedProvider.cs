using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.AuthorizationServer.Tests.Support;

/// <summary>
/// An OpenID Connect provider on a real port that does what a test wants, also what no honest provider does. It checks what it is sent: client
/// authentication, redirect URI, PKCE, and each refresh token once.
/// </summary>
internal sealed class ScriptedProvider : IAsyncDisposable
{
    public const string ClientId = "managed-oauth";
    public const string ClientSecret = "s3cret with space & more";

    private readonly ConcurrentDictionary<string, Login> _codes = new();
    private readonly ConcurrentDictionary<string, string> _refreshTokens = new();
    private readonly WebApplication _app;

    private ScriptedProvider(WebApplication app, string issuer) => (_app, Issuer) = (app, issuer);

    public string Issuer { get; }

    /// <summary>Claims of the user beyond what the protocol needs.</summary>
    public JsonObject User { get; set; } = new() { ["sub"] = "u1", ["email"] = "alice@example.com" };

    /// <summary>Changes the ID token's claims before it is signed.</summary>
    public Action<JsonObject>? ChangeClaims { get; set; }

    /// <summary>Makes the token itself; null = signed by the published key.</summary>
    public Func<ScriptedProvider, JsonObject, string>? MakeIdToken { get; set; }

    /// <summary>What is in UserInfo alone.</summary>
    public JsonObject? Userinfo { get; set; }

    /// <summary>Status that every endpoint answers with instead.</summary>
    public int? Down { get; set; }

    /// <summary>How long the token endpoint waits.</summary>
    public Task Delay { get; set; } = Task.CompletedTask;

    /// <summary>Error of a refresh.</summary>
    public string? RefreshError { get; set; }

    public bool NamesItself { get; set; }

    public bool GivesRefreshToken { get; set; } = true;

    public int Refreshes => _refreshes;

    public int KeyReads => _keyReads;

    /// <summary>Last form that the token endpoint got.</summary>
    public Dictionary<string, string> LastForm { get; private set; } = [];

    public RSA Key { get; private set; } = RSA.Create(2048);

    public string KeyId { get; private set; } = "k1";

    private int _refreshes;
    private int _keyReads;

    public static async Task<ScriptedProvider> StartAsync()
    {
        var port = FreePort.Next();
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = Path.GetTempPath() });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var app = builder.Build();
        var provider = new ScriptedProvider(app, $"http://127.0.0.1:{port}");
        app.Use((context, next) =>
        {
            if (provider.Down is not { } status)
            {
                return next(context);
            }

            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        app.MapGet("/.well-known/openid-configuration", (HttpContext _, CancellationToken _) => Results.Json(provider.Discovery()));
        app.MapGet("/jwks", (HttpContext _, CancellationToken _) => Results.Json(provider.Keys()));
        app.MapPost("/token", async (HttpContext context, CancellationToken _) => await provider.TokenAsync(context));
        app.MapGet("/userinfo", (HttpContext context, CancellationToken _) => provider.UserinfoOf(context));
        await app.StartAsync();
        return provider;
    }

    public JsonObject Config(Action<JsonObject>? change = null)
    {
        var config = new JsonObject
        {
            ["client_id"] = ClientId,
            ["client_secret"] = ClientSecret,
            ["issuer_url"] = Issuer,
            ["claims"] = new JsonArray("department"),
            ["groups_claim_name"] = "memberOf",
            ["scopes"] = new JsonArray("openid", "email", "offline_access"),
        };
        change?.Invoke(config);
        return config;
    }

    public void RotateKey() => (Key, KeyId) = (RSA.Create(2048), "k" + Guid.NewGuid().ToString("N"));

    public void ForgetRefreshTokens() => _refreshTokens.Clear();

    /// <summary>What the user's browser is sent back with after it logged in at the address of an authorization request.</summary>
    public string LogIn(string authorizationUrl, string? issuer = null)
    {
        var query = QueryHelpers.ParseQuery(new Uri(authorizationUrl).Query);
        Assert.StartsWith(Issuer + "/authorize?", authorizationUrl);
        Assert.Equal(("code", ClientId, "S256"), (query["response_type"].ToString(), query["client_id"].ToString(), query["code_challenge_method"].ToString()));
        var code = Guid.NewGuid().ToString("N");
        _codes[code] = new Login(query["nonce"]!, query["code_challenge"]!, query["redirect_uri"]!);
        var back = $"{query["redirect_uri"]}?code={code}&state={Uri.EscapeDataString(query["state"]!)}";
        return (issuer ?? (NamesItself ? Issuer : null)) is { } named ? $"{back}&iss={Uri.EscapeDataString(named)}" : back;
    }

    /// <summary>Signs claims with a key, or not at all.</summary>
    public static string Jwt(JsonObject claims, string algorithm, string? keyId, Func<byte[], byte[]> sign)
    {
        var header = new JsonObject { ["alg"] = algorithm, ["typ"] = "JWT" };
        if (keyId is not null)
        {
            header["kid"] = keyId;
        }

        var text = $"{Encode(header)}.{Encode(claims)}";
        return $"{text}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(text)))}";

        static string Encode(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
    }

    public string Signed(JsonObject claims) => Jwt(claims, "RS256", KeyId, bytes => Key.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private JsonObject Discovery() => new()
    {
        ["issuer"] = Issuer,
        ["authorization_endpoint"] = Issuer + "/authorize",
        ["token_endpoint"] = Issuer + "/token",
        ["jwks_uri"] = Issuer + "/jwks",
        ["userinfo_endpoint"] = Issuer + "/userinfo",
        ["end_session_endpoint"] = Issuer + "/logout",
        ["authorization_response_iss_parameter_supported"] = NamesItself,
        ["token_endpoint_auth_methods_supported"] = new JsonArray("client_secret_basic", "client_secret_post"),
    };

    private JsonObject Keys()
    {
        Interlocked.Increment(ref _keyReads);
        var key = Key.ExportParameters(false);
        return new()
        {
            ["keys"] = new JsonArray(
                new JsonObject { ["kty"] = "RSA", ["kid"] = KeyId, ["use"] = "sig", ["n"] = Base64Url.EncodeToString(key.Modulus), ["e"] = Base64Url.EncodeToString(key.Exponent) },

                // A symmetric key in a public document: whoever accepted it would accept anybody's signature.
                new JsonObject { ["kty"] = "oct", ["kid"] = "public-oct", ["k"] = Base64Url.EncodeToString(Encoding.ASCII.GetBytes("0123456789abcdef0123456789abcdef")) }),
        };
    }

    private async Task<IResult> TokenAsync(HttpContext context)
    {
        await Delay;
        var form = (await context.Request.ReadFormAsync()).ToDictionary(pair => pair.Key, pair => pair.Value.ToString());
        LastForm = form;
        if (!IsAuthenticated(context, form))
        {
            return Results.Json(new { error = "invalid_client" }, statusCode: 401);
        }

        if (form["grant_type"] == "refresh_token")
        {
            Interlocked.Increment(ref _refreshes);
            return RefreshError is { } error ? Results.Json(new { error }, statusCode: 400)
                : _refreshTokens.TryRemove(form["refresh_token"], out _) ? Results.Json(Tokens(null))
                : Results.Json(new { error = "invalid_grant" }, statusCode: 400);
        }

        return _codes.TryRemove(form["code"], out var login)
            && login.RedirectUri == form["redirect_uri"]
            && login.Challenge == Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"])))
                ? Results.Json(Tokens(login.Nonce))
                : Results.Json(new { error = "invalid_grant" }, statusCode: 400);
    }

    private JsonObject Tokens(string? nonce)
    {
        var claims = (JsonObject)User.DeepClone();
        var accessToken = Guid.NewGuid().ToString("N");
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        (claims["iss"], claims["aud"], claims["iat"], claims["exp"]) = (Issuer, ClientId, now, now + 300);
        claims["at_hash"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(accessToken)).AsSpan(0, 16));
        if (nonce is not null)
        {
            claims["nonce"] = nonce;
        }

        ChangeClaims?.Invoke(claims);
        var tokens = new JsonObject { ["access_token"] = accessToken, ["token_type"] = "Bearer", ["id_token"] = MakeIdToken?.Invoke(this, claims) ?? Signed(claims) };
        if (GivesRefreshToken)
        {
            var refreshToken = "idp-refresh-" + Guid.NewGuid().ToString("N");
            _refreshTokens[refreshToken] = "";
            tokens["refresh_token"] = refreshToken;
        }

        return tokens;
    }

    private IResult UserinfoOf(HttpContext context)
        => context.Request.Headers.Authorization.ToString().StartsWith("Bearer ", StringComparison.Ordinal)
            ? Results.Json(Userinfo ?? new JsonObject { ["sub"] = User["sub"]?.DeepClone() })
            : Results.StatusCode(401);

    private static bool IsAuthenticated(HttpContext context, Dictionary<string, string> form)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Basic ", StringComparison.Ordinal))
        {
            return form.GetValueOrDefault("client_id") == ClientId && (form.GetValueOrDefault("client_secret") == ClientSecret || form.ContainsKey("client_assertion"));
        }

        var pair = Encoding.ASCII.GetString(Convert.FromBase64String(header[6..])).Split(':').Select(part => Uri.UnescapeDataString(part.Replace('+', ' '))).ToArray();
        return pair is [ClientId, ClientSecret];
    }

    private sealed record Login(string Nonce, string Challenge, string RedirectUri);
}
