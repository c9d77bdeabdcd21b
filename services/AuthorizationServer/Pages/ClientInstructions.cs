using System.Text.Encodings.Web;
using System.Text.Json;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.AuthorizationServer.Pages;

/// <summary>How each of the usual MCP clients is told about a portal.</summary>
public static class ClientInstructions
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One section for each client.</summary>
    /// <param name="portal">The portal; its id names the connection.</param>
    /// <param name="endpoint">Its address.</param>
    public static Html For(McpPortal portal, string endpoint)
    {
        ArgumentNullException.ThrowIfNull(portal);
        return Html.Join([
            Section("Claude", Html.Of($"""
                <ol><li>Open Settings, Connectors, and choose “Add custom connector”.</li><li>Enter the address above and choose “Add”, then “Connect”.</li></ol>
                <p>Claude Code:</p>{Code($"claude mcp add --transport http {portal.PortalId} {endpoint}")}
                """)),
            Section("ChatGPT", Html.Of($"""
                <ol><li>Open Settings, Apps &amp; Connectors, Advanced settings, and turn on developer mode.</li><li>Choose “Create”, enter the address above, and leave “OAuth” chosen.</li></ol>
                """)),
            Section("Cursor", Html.Of($"""<p>In <code>~/.cursor/mcp.json</code>:</p>{Code(Json(new { mcpServers = Named(portal, new { url = endpoint }) }))}""")),
            Section("Visual Studio Code", Html.Of($"""<p>In <code>.vscode/mcp.json</code>:</p>{Code(Json(new { servers = Named(portal, new { type = "http", url = endpoint }) }))}""")),
            Section("mcp-remote, for clients that only start programs", Code(Json(new { mcpServers = Named(portal, new { command = "npx", args = new[] { "mcp-remote", endpoint } }) }))),
            Section("C# SDK", Code($$"""
                var transport = new HttpClientTransport(new()
                {
                    Endpoint = new Uri("{{endpoint}}"),
                    OAuth = new() { RedirectUri = new Uri("http://localhost:1179/callback") },
                });
                await using var client = await McpClient.CreateAsync(transport);
                """)),
            Section("TypeScript SDK", Code($$"""
                const client = new Client({ name: 'my-client', version: '1.0.0' });
                const url = new URL('{{endpoint}}');
                await client.connect(new StreamableHTTPClientTransport(url, { authProvider }));
                """)),
        ]);
    }

    private static Html Section(string client, Html body) => Html.Of($"""<details><summary>{client}</summary>{body}</details>""");

    private static Html Code(string text) => Html.Of($"""<pre tabindex="0"><code>{text}</code></pre>""");

    private static Dictionary<string, object> Named(McpPortal portal, object value) => new() { [portal.PortalId] = value };

    private static string Json(object value) => JsonSerializer.Serialize(value, s_json);
}
