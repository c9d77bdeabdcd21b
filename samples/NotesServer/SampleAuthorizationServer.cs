using System.Buffers.Text;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;

namespace ManagedOAuth.Samples.NotesServer;

/// <summary>
/// A small authorization server, so that the sample has a login of its own. IT IS A SAMPLE: anybody logs in under any name and without a password. What
/// it shows is the other side of a portal: metadata (RFC 9728, RFC 8414), dynamic registration (RFC 7591), PKCE, rotated refresh tokens, revocation
/// (RFC 7009), and its own name in each answer (RFC 9207).
/// </summary>
internal static class SampleAuthorizationServer
{
    private const string Scope = "notes";
    private static readonly TimeSpan s_codeLife = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_refreshLife = TimeSpan.FromDays(30);

    public static void MapSampleAuthorizationServer(this WebApplication app)
    {
        app.MapGet("/.well-known/oauth-protected-resource/mcp", (HttpContext context, CancellationToken _) => Json(new JsonObject
        {
            ["resource"] = Origin(context) + "/mcp",
            ["resource_name"] = "Notes (sample)",
            ["authorization_servers"] = new JsonArray(Origin(context)),
            ["scopes_supported"] = new JsonArray(Scope),
            ["bearer_methods_supported"] = new JsonArray("header"),
        }));
        app.MapGet("/.well-known/oauth-authorization-server", (HttpContext context, CancellationToken _) => Json(new JsonObject
        {
            ["issuer"] = Origin(context),
            ["authorization_endpoint"] = Origin(context) + "/authorize",
            ["token_endpoint"] = Origin(context) + "/token",
            ["registration_endpoint"] = Origin(context) + "/register",
            ["revocation_endpoint"] = Origin(context) + "/revoke",
            ["response_types_supported"] = new JsonArray("code"),
            ["grant_types_supported"] = new JsonArray("authorization_code", "refresh_token"),
            ["code_challenge_methods_supported"] = new JsonArray("S256"),
            ["token_endpoint_auth_methods_supported"] = new JsonArray("none"),
            ["scopes_supported"] = new JsonArray(Scope),
            ["authorization_response_iss_parameter_supported"] = true,
        }));
        app.MapPost("/register", (Delegate)RegisterAsync);
        app.MapGet("/authorize", (HttpContext context, CancellationToken _) => Ask(context));
        app.MapPost("/authorize", (Delegate)LogInAsync);
        app.MapPost("/token", (Delegate)TokenAsync);
        app.MapPost("/revoke", (Delegate)RevokeAsync);
    }

    /// <summary>401 that leads to the login (RFC 9728 §5.1).</summary>
    public static void Challenge(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.WWWAuthenticate = $"Bearer resource_metadata=\"{Origin(context)}/.well-known/oauth-protected-resource/mcp\", scope=\"{Scope}\"";
    }

    // A client's id holds its redirect URIs, so that a sample that was started anew still knows it.
    private static async Task<IResult> RegisterAsync(HttpContext context)
    {
        try
        {
            var body = await JsonSerializer.DeserializeAsync<JsonObject>(context.Request.Body, cancellationToken: context.RequestAborted);
            var uris = body?["redirect_uris"]?.AsArray().Select(uri => uri!.GetValue<string>()).ToArray() ?? [];
            if (uris.Length is 0 or > 5 || !uris.All(uri => Uri.TryCreate(uri, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https"))
            {
                return Error("invalid_redirect_uri");
            }
            var id = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(uris));
            return Json(new JsonObject { ["client_id"] = id, ["token_endpoint_auth_method"] = "none", ["redirect_uris"] = JsonSerializer.SerializeToNode(uris) }, StatusCodes.Status201Created);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return Error("invalid_client_metadata");
        }
    }

    private static IResult Ask(HttpContext context)
        => Problem(context.Request.Query) is { } problem ? Results.BadRequest(problem) : Results.Content("""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Notes (sample)</title>
            <style>body { font: 16px system-ui; max-width: 24rem; margin: 4rem auto; padding: 0 1rem; color-scheme: light dark }</style></head>
            <body><main><h1>Notes (sample)</h1>
            <p>A program wants to use notes in your name. This is a sample: choose any name, there is no password.</p>
            <form method="post"><p><label>Name <input name="user" required maxlength="100" autocomplete="username"></label></p>
            <p><button type="submit">Sign in and allow</button></p></form></main></body></html>
            """, "text/html; charset=utf-8");

    private static async Task<IResult> LogInAsync(HttpContext context, SampleTokens tokens)
    {
        var query = context.Request.Query;
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        if ((Problem(query) ?? (form["user"] is [{ Length: > 0 and <= 100 }] ? null : "Give a name.")) is { } problem)
        {
            return Results.BadRequest(problem);
        }
        var code = tokens.Make("code", new Login(form["user"]!, query["client_id"]!, query["redirect_uri"]!, query["code_challenge"]!), s_codeLife);
        context.Response.Headers.Location = QueryHelpers.AddQueryString(query["redirect_uri"]!, new Dictionary<string, string?> { ["code"] = code, ["state"] = query["state"], ["iss"] = Origin(context) });
        return Results.StatusCode(StatusCodes.Status303SeeOther);
    }

    private static async Task<IResult> TokenAsync(HttpContext context, SampleTokens tokens)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var login = form["grant_type"].ToString() switch
        {
            "authorization_code" => tokens.Take("code", form["code"]) is { } code && code.RedirectUri == form["redirect_uri"] && SampleTokens.IsVerifier(form["code_verifier"], code.Challenge) ? code : null,
            "refresh_token" => tokens.Take("refresh", form["refresh_token"]),
            _ => null,
        };
        return login is null || login.ClientId != form["client_id"] ? Error("invalid_grant") : Json(new JsonObject
        {
            ["access_token"] = tokens.Make("access", login, tokens.AccessLife),
            ["token_type"] = "Bearer",
            ["expires_in"] = (int)tokens.AccessLife.TotalSeconds,
            ["refresh_token"] = tokens.Make("refresh", login, s_refreshLife),
            ["scope"] = Scope,
        });
    }

    private static async Task<IResult> RevokeAsync(HttpContext context, SampleTokens tokens)
    {
        tokens.Revoke((await context.Request.ReadFormAsync(context.RequestAborted))["token"]);
        return Results.Ok();
    }

    private static string? Problem(IQueryCollection query)
        => query["client_id"] is not [{ } id] || query["redirect_uri"] is not [{ } redirect] || !RedirectUrisOf(id).Contains(redirect) ? "Unknown client or redirect URI."
            : query["response_type"] != "code" || query["code_challenge_method"] != "S256" || query["code_challenge"] is not [{ Length: 43 }] ? "A code with PKCE (S256) has to be asked for."
            : null;

    private static string[] RedirectUrisOf(string clientId)
    {
        try
        {
            return Base64Url.IsValid(clientId) ? JsonSerializer.Deserialize<string[]>(Base64Url.DecodeFromChars(clientId)) ?? [] : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static string Origin(HttpContext context) => $"{context.Request.Scheme}://{context.Request.Host}";

    private static IResult Json(JsonObject body, int status = StatusCodes.Status200OK) => Results.Text(body.ToJsonString(), "application/json", Encoding.UTF8, status);

    private static IResult Error(string error) => Json(new JsonObject { ["error"] = error }, (int)HttpStatusCode.BadRequest);
}
