using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Pages.Policies;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.McpServers;

/// <summary>The form of a server. Credentials that are left empty stay as they are.</summary>
public static class McpServerForm
{
    /// <summary>The field that says how the server is logged in to.</summary>
    public const string Authentication = "authentication";

    /// <summary>The field with headers, one <c>Name: value</c> per line.</summary>
    public const string Headers = "headers";

    private const string Credentials = "/auth_credentials";
    private const string Client = "/oauth_client";
    private static readonly string[] s_clientTexts = ["client_id", "token_endpoint_auth_method", "issuer", "authorization_endpoint", "token_endpoint"];

    /// <summary>The ways to log in, in the order of the form.</summary>
    public static readonly IReadOnlyList<(string Value, string Text, string Hint)> Ways =
    [
        ("unauthenticated", "None", "The server asks for nothing."),
        ("bearer", "Bearer token", "One token for everybody, sent as Authorization: Bearer."),
        ("headers", "Headers", "One or more headers of your own for everybody, such as X-Api-Key."),
        ("oauth", "OAuth, registered by itself", "Each user logs in at the server, or an administrator for all. The client is registered when it is first needed (RFC 7591), or by its metadata document."),
        ("client", "OAuth, with a client of yours", "As before, with a client that you registered at the server's authorization server."),
    ];

    /// <summary>The way that a draft has.</summary>
    public static string WayOf(Draft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        return draft.Text("/auth_type") switch
        {
            "oauth" => draft.Has(Client) ? "client" : "oauth",
            "bearer" => draft.Has(Credentials + "/headers") ? "headers" : "bearer",
            _ => "unauthenticated",
        };
    }

    /// <summary>Puts the fields of the form into the draft; true when it is to be shown again instead of being saved.</summary>
    public static bool Take(Draft draft, IFormCollection form)
    {
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentNullException.ThrowIfNull(form);
        foreach (var text in (string[])["/id", "/name", "/description", "/hostname", "/tool_pinning", "/request_timeout"])
        {
            draft.TakeText(form, text);
        }

        draft.TakeFlag(form, "/send_assertion");
        draft.TakeFlag(form, "/is_shared_oauth_callback_enabled");
        if (form["/calls_per_minute"].ToString().Trim() is { Length: > 0 } calls)
        {
            draft.Set("/calls_per_minute", int.TryParse(calls, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : calls);
        }

        FirstPolicy.Take(draft, form);
        TakeAuthentication(draft, form);
        return ToolPolicyForm.Take(draft, form);
    }

    private static void TakeAuthentication(Draft draft, IFormCollection form)
    {
        var way = form[Authentication].ToString();
        draft.Set("/auth_type", way switch { "bearer" or "headers" => "bearer", "oauth" or "client" => "oauth", _ => "unauthenticated" });
        draft.Remove(Credentials);
        if (way != "client")
        {
            draft.Remove(Client);
        }

        switch (way)
        {
            case "bearer" when form[Credentials].ToString().Trim() is { Length: > 0 } token:
                draft.Set(Credentials, token);
                break;
            case "headers" when HeadersOf(form[Headers].ToString()) is { Count: > 0 } headers:
                draft.Set(Credentials, new JsonObject { ["headers"] = headers });
                break;
            case "client":
                foreach (var text in s_clientTexts)
                {
                    draft.TakeText(form, $"{Client}/{text}", optional: text != "client_id");
                }

                draft.TakeLines(form, Client + "/scopes");
                if (form["/client_secret"].ToString().Trim() is { Length: > 0 } secret)
                {
                    draft.Set("/client_secret", secret);
                }

                break;
        }
    }

    // A line without a colon is a name without a value, which the API refuses by that name.
    private static JsonObject HeadersOf(string text)
    {
        var headers = new JsonObject();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[colon < 0 ? line : line[..colon].Trim()] = colon < 0 ? "" : line[(colon + 1)..].Trim();
        }

        return headers;
    }
}
