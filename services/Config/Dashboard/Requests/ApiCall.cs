using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ManagedOAuth.Config.Dashboard.Requests;

/// <summary>A request to the admin API as a page makes it, and as anybody could make it.</summary>
/// <param name="Method">GET, POST, PUT, PATCH or DELETE.</param>
/// <param name="Path">Below the account: <c>access/apps/{id}</c>, with its query.</param>
/// <param name="Body">The JSON object that is sent; null = none.</param>
/// <param name="IfMatch">The version (entity tag) that the change was made on; null = any.</param>
public sealed record ApiCall(string Method, string Path, JsonObject? Body = null, string? IfMatch = null)
{
    private static readonly JsonSerializerOptions s_readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ApiCall Get(string path) => new("GET", path);

    public static ApiCall Post(string path, JsonObject? body = null) => new("POST", path, body);

    public static ApiCall Put(string path, JsonObject body) => new("PUT", path, body);

    public static ApiCall Delete(string path) => new("DELETE", path);

    /// <summary>The call as it may be shown: variables stand where a secret was typed.</summary>
    public ApiCall WithoutSecrets()
    {
        var body = (JsonObject?)Body?.DeepClone();
        Hide(body);
        return this with { Body = body };
    }

    /// <summary>The command that does the same from a shell.</summary>
    /// <param name="api">The account's address: <c>https://dashboard.example.com/client/v4/accounts/default</c>.</param>
    public string Curl(string api)
    {
        var lines = new List<string>(5) { $"curl {Quote($"{api}/{Path}")}" };
        if (Method != "GET")
        {
            lines.Add($"--request {Method}");
        }

        lines.Add("--header \"Authorization: Bearer $API_TOKEN\"");
        if (IfMatch is not null)
        {
            lines.Add($"--header {Quote($"If-Match: {IfMatch}")}");
        }

        if (WithoutSecrets().Body is { } body)
        {
            lines.Add($"--json {Quote(body.ToJsonString(s_readable))}");
        }

        return string.Join(" \\\n  ", lines);
    }

    private static void Hide(JsonObject? body)
    {
        foreach (var (name, value) in body?.ToList() ?? [])
        {
            if (name is "client_secret" or "private_key" or "auth_credentials" && value is not null)
            {
                body![name] = $"${name.ToUpperInvariant()}";
            }
            else if (value is JsonObject inner)
            {
                Hide(inner);
            }
        }
    }

    // What a shell takes literally; a single quote ends the quotation, stands escaped for itself, and begins the next.
    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
