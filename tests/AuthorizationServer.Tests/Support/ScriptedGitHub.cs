using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.AuthorizationServer.Tests.Support;

/// <summary>A small server that speaks the part of GitHub's OAuth and REST API that a login needs, with the status codes and shapes of the real one.</summary>
internal sealed class ScriptedGitHub : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, string> _codes = new();
    private readonly ConcurrentDictionary<string, string> _tokens = new();
    private readonly WebApplication _app;

    private ScriptedGitHub(WebApplication app, string address) => (_app, Address) = (app, address);

    public string Address { get; }

    public JsonArray Emails { get; set; } = [];

    public List<string> Organizations { get; set; } = [];

    public List<(string Organization, string Team)> Teams { get; set; } = [];

    public int? Down { get; set; }

    public bool RateLimited { get; set; }

    public static async Task<ScriptedGitHub> StartAsync()
    {
        var port = FreePort.Next();
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = Path.GetTempPath() });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var app = builder.Build();
        var github = new ScriptedGitHub(app, $"http://127.0.0.1:{port}");
        app.Use((context, next) => github.GuardAsync(context, next));
        app.MapPost("/login/oauth/access_token", async (HttpContext context, CancellationToken _) => await github.TokenAsync(context));
        app.MapGet("/api/v3/user", (HttpContext _, CancellationToken _) => Results.Json(new { id = 4711, login = "Octocat" }));
        app.MapGet("/api/v3/user/emails", (HttpContext _, CancellationToken _) => Results.Json(github.Emails));
        app.MapGet("/api/v3/user/orgs", (int page, HttpContext _) => Results.Json(github.Organizations.Skip((page - 1) * 100).Take(100).Select(login => new { login })));
        app.MapGet("/api/v3/user/teams", (int page, HttpContext _) => Results.Json(github.Teams.Skip((page - 1) * 100).Take(100).Select(team => new { slug = team.Team, organization = new { login = team.Organization } })));
        await app.StartAsync();
        return github;
    }

    /// <summary>The user authorizes the app at the address of an authorization request; gives where the browser is sent.</summary>
    public string LogIn(string authorizationUrl)
    {
        Assert.StartsWith(Address + "/login/oauth/authorize?", authorizationUrl);
        var query = QueryHelpers.ParseQuery(new Uri(authorizationUrl).Query);
        Assert.Equal("read:user user:email read:org", query["scope"]);
        var code = Guid.NewGuid().ToString("N");
        _codes[code] = query["code_challenge"]!;
        return $"{query["redirect_uri"]}?code={code}&state={query["state"]}";
    }

    /// <summary>The user takes the authorization back.</summary>
    public void RevokeAll() => _tokens.Clear();

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        var isApi = context.Request.Path.StartsWithSegments("/api");
        var status = Down is { } down ? down
            : isApi && RateLimited ? 403
            : isApi && !_tokens.ContainsKey(context.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal)) ? 401
            : isApi && context.Request.Headers.UserAgent.Count == 0 ? 403
            : 200;
        if (status == 200)
        {
            return next(context);
        }

        context.Response.StatusCode = status;
        if (RateLimited)
        {
            context.Response.Headers["x-ratelimit-remaining"] = "0";
        }

        return context.Response.WriteAsync("{\"message\":\"no\"}");
    }

    // As the real one: errors come with status 200.
    private async Task<IResult> TokenAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync();
        if (form["client_secret"] != "gh-secret")
        {
            return Results.Json(new { error = "incorrect_client_credentials" });
        }

        if (!_codes.TryRemove(form["code"].ToString(), out var challenge)
            || challenge != Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString()))))
        {
            return Results.Json(new { error = "bad_verification_code" });
        }

        var token = "gho_" + Guid.NewGuid().ToString("N");
        _tokens[token] = "";
        return Results.Json(new { access_token = token, token_type = "bearer", scope = "read:org,read:user,user:email" });
    }
}
