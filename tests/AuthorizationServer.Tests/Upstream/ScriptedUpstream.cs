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

namespace ManagedOAuth.AuthorizationServer.Tests.Upstream;

/// <summary>
/// An MCP server with an authorization server of its own, on one real port, that does what a test wants, also what no honest server does. It checks
/// what it is sent: client authentication, redirect URI, PKCE, resource, and each code and refresh token once.
/// </summary>
internal sealed class ScriptedUpstream : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Login> _codes = new();
    private readonly ConcurrentDictionary<string, string> _clients = new();
    private readonly ConcurrentDictionary<string, bool> _refreshTokens = new();
    private readonly WebApplication _app;
    private int _refreshes;
    private int _tokenRequests;

    private ScriptedUpstream(WebApplication app, string origin) => (_app, Origin) = (app, origin);

    public string Origin { get; }

    public string Endpoint => Origin + "/mcp";

    /// <summary>Changes the resource's metadata; null members are left out.</summary>
    public Action<JsonObject>? Resource { get; set; }

    /// <summary>Changes the authorization server's metadata.</summary>
    public Action<JsonObject>? Metadata { get; set; }

    /// <summary>The challenge of a 401; null = an honest one.</summary>
    public string? Challenge { get; set; }

    /// <summary>Status that the authorization server answers everything with instead.</summary>
    public int? Down { get; set; }

    /// <summary>Error of the token endpoint.</summary>
    public string? TokenError { get; set; }

    /// <summary>Seconds that access tokens live; null = it does not say.</summary>
    public int? Life { get; set; } = 3600;

    /// <summary>Claims of the ID token in place of honest ones, as JSON.</summary>
    public string? Claims { get; set; }

    public bool GivesRefreshTokens { get; set; } = true;

    /// <summary>Registrations with a scope are refused.</summary>
    public bool KnowsNoScopes { get; set; }

    /// <summary>Where the token endpoint redirects to instead of answering.</summary>
    public string? Redirect { get; set; }

    /// <summary>How long the token endpoint waits before it does anything; a request whose client goes away meanwhile is none.</summary>
    public Task Arrival { get; set; } = Task.CompletedTask;

    /// <summary>How long the token endpoint waits with its answer, when it has done what was asked.</summary>
    public Task Delay { get; set; } = Task.CompletedTask;

    /// <summary>Runs before a revocation is answered.</summary>
    public Func<Task>? Revoking { get; set; }

    /// <summary>How long the registration endpoint waits.</summary>
    public Task RegistrationDelay { get; set; } = Task.CompletedTask;

    public string Account { get; set; } = "alice@upstream.test";

    public int Refreshes => _refreshes;

    public int TokenRequests => _tokenRequests;

    public ConcurrentQueue<JsonObject> Registrations { get; } = new();

    public ConcurrentQueue<string> Revoked { get; } = new();

    /// <summary>What it was shown as the secret of the client made by hand.</summary>
    public ConcurrentQueue<string> Shown { get; } = new();

    /// <summary>Secrets that it gave.</summary>
    public ConcurrentBag<string> Secrets { get; } = [];

    public static async Task<ScriptedUpstream> StartAsync()
    {
        var port = FreePort.Next();
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = Path.GetTempPath() });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var app = builder.Build();
        var upstream = new ScriptedUpstream(app, $"http://127.0.0.1:{port}");
        app.MapPost("/mcp", upstream.Unauthorized);
        app.MapGet("/.well-known/oauth-protected-resource/mcp", upstream.ResourceMetadata);
        app.MapGet("/.well-known/oauth-authorization-server", upstream.ServerMetadata);
        app.MapPost("/register", (Delegate)upstream.RegisterAsync);
        app.MapPost("/token", (Delegate)upstream.TokenAsync);
        app.MapPost("/revoke", (Delegate)upstream.RevokeAsync);
        await app.StartAsync();
        return upstream;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    /// <summary>Honest again.</summary>
    public void Reset()
    {
        (Claims, Arrival) = (null, Task.CompletedTask);
        (Resource, Metadata, Challenge, Down, TokenError, Life, GivesRefreshTokens, Delay) = (null, null, null, null, null, 3600, true, Task.CompletedTask);
        (Account, KnowsNoScopes, Redirect, Revoking, RegistrationDelay) = ("alice@upstream.test", false, null, null, Task.CompletedTask);
    }

    /// <summary>The user logs in and agrees; gives where their browser goes.</summary>
    public string LogIn(string url)
    {
        Assert.StartsWith(Origin + "/authorize?", url, StringComparison.Ordinal);
        var query = QueryHelpers.ParseQuery(new Uri(url).Query).ToDictionary(pair => pair.Key, pair => pair.Value.Single()!);
        Assert.Equal(("code", "S256"), (query["response_type"], query["code_challenge_method"]));
        Assert.Equal(Endpoint, query["resource"]);
        Assert.True(_clients.ContainsKey(query["client_id"]) || query["client_id"] == "by-hand", "an unknown client");
        var code = Secret("code");
        _codes[code] = new Login(query["client_id"], query["redirect_uri"], query["code_challenge"], query["resource"]);
        return QueryHelpers.AddQueryString(query["redirect_uri"], new Dictionary<string, string?> { ["code"] = code, ["state"] = query["state"], ["iss"] = Origin });
    }

    /// <summary>It answers with an error; gives where the browser goes.</summary>
    public string Refuse(string url, string error)
    {
        Assert.StartsWith(Origin + "/authorize?", url, StringComparison.Ordinal);
        var query = QueryHelpers.ParseQuery(new Uri(url).Query);
        return QueryHelpers.AddQueryString(query["redirect_uri"].ToString(), new Dictionary<string, string?> { ["error"] = error, ["state"] = query["state"], ["iss"] = Origin });
    }

    private IResult Unauthorized(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = Challenge ?? $"Bearer resource_metadata=\"{Origin}/.well-known/oauth-protected-resource/mcp\", scope=\"notes offline_access\"";
        return Results.StatusCode(401);
    }

    private IResult ResourceMetadata()
    {
        var document = new JsonObject { ["resource"] = Endpoint, ["authorization_servers"] = new JsonArray(Origin), ["scopes_supported"] = new JsonArray("notes") };
        Resource?.Invoke(document);
        return Results.Text(document.ToJsonString(), "application/json");
    }

    private IResult ServerMetadata()
    {
        if (Down is { } status)
        {
            return Results.StatusCode(status);
        }

        var document = new JsonObject
        {
            ["issuer"] = Origin,
            ["authorization_endpoint"] = Origin + "/authorize",
            ["token_endpoint"] = Origin + "/token",
            ["registration_endpoint"] = Origin + "/register",
            ["revocation_endpoint"] = Origin + "/revoke",
            ["code_challenge_methods_supported"] = new JsonArray("S256"),
            ["token_endpoint_auth_methods_supported"] = new JsonArray("client_secret_basic", "none"),
            ["authorization_response_iss_parameter_supported"] = true,
        };
        Metadata?.Invoke(document);
        return Results.Text(document.ToJsonString(), "application/json");
    }

    private async Task<IResult> RegisterAsync(HttpContext context)
    {
        var body = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
        if (KnowsNoScopes && body.ContainsKey("scope"))
        {
            return Error("invalid_client_metadata");
        }

        Registrations.Enqueue(body);
        var (id, secret) = ("client-" + Guid.NewGuid().ToString("N"), Secret("client-secret"));
        _clients[id] = secret;
        await RegistrationDelay;
        var answer = new JsonObject { ["client_id"] = id, ["client_secret"] = secret, ["token_endpoint_auth_method"] = "client_secret_basic", ["redirect_uris"] = body["redirect_uris"]!.DeepClone() };
        return Results.Text(answer.ToJsonString(), "application/json", statusCode: 201);
    }

    private async Task<IResult> TokenAsync(HttpContext context)
    {
        Interlocked.Increment(ref _tokenRequests);
        await Arrival.WaitAsync(context.RequestAborted);
        var answer = await AnswerAsync(context);
        await Delay;
        return answer;
    }

    private async Task<IResult> AnswerAsync(HttpContext context)
    {
        if (Down is { } status)
        {
            return Results.StatusCode(status);
        }

        if (Redirect is { } elsewhere)
        {
            context.Response.Headers.Location = elsewhere;
            context.Response.Headers.SetCookie = "tracking=1; Path=/";
            return Results.StatusCode(307);
        }

        var form = await context.Request.ReadFormAsync();
        if (TokenError is { } error)
        {
            return Error(error);
        }

        if (ClientOf(context, form) is not { } client)
        {
            return Error("invalid_client", 401);
        }

        if (form["grant_type"] == "refresh_token")
        {
            Interlocked.Increment(ref _refreshes);
            return form["resource"] == Endpoint && _refreshTokens.TryRemove(form["refresh_token"].ToString(), out _) ? Tokens() : Error("invalid_grant");
        }

        return _codes.TryRemove(form["code"].ToString(), out var login)
            && login == new Login(client, form["redirect_uri"].ToString(), Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString()))), form["resource"].ToString())
                ? Tokens()
                : Error("invalid_grant");
    }

    private async Task<IResult> RevokeAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync();
        if (ClientOf(context, form) is null)
        {
            return Error("invalid_client", 401);
        }

        await (Revoking?.Invoke() ?? Task.CompletedTask);
        Revoked.Enqueue(form["token"].ToString());
        _refreshTokens.TryRemove(form["token"].ToString(), out _);
        return Results.Ok();
    }

    private IResult Tokens()
    {
        var claims = Claims ?? new JsonObject { ["sub"] = "u1", ["email"] = Account }.ToJsonString();
        var answer = new JsonObject { ["access_token"] = Secret("access"), ["token_type"] = "bearer", ["id_token"] = $"e30.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}.e30" };
        if (Life is { } life)
        {
            answer["expires_in"] = life;
        }

        if (GivesRefreshTokens)
        {
            var refresh = Secret("refresh");
            _refreshTokens[refresh] = true;
            answer["refresh_token"] = refresh;
        }

        return Results.Text(answer.ToJsonString(), "application/json");
    }

    private string? ClientOf(HttpContext context, IFormCollection form)
    {
        if (form["client_id"] == "by-hand")
        {
            Shown.Enqueue(form["client_secret"].ToString());
            return form["client_secret"] == "secret by hand" ? "by-hand" : null;
        }

        if (context.Request.Headers.Authorization.ToString() is not { Length: > 6 } header || !header.StartsWith("Basic ", StringComparison.Ordinal))
        {
            return null;
        }

        var pair = Encoding.ASCII.GetString(Convert.FromBase64String(header[6..])).Split(':');
        return _clients.TryGetValue(pair[0], out var secret) && secret == pair[1] ? pair[0] : null;
    }

    private string Secret(string kind)
    {
        var secret = $"upstream-{kind}-{Guid.NewGuid():N}";
        Secrets.Add(secret);
        return secret;
    }

    private static IResult Error(string error, int status = 400) => Results.Text(JsonSerializer.Serialize(new { error }), "application/json", statusCode: status);

    private sealed record Login(string ClientId, string RedirectUri, string Challenge, string Resource);
}
