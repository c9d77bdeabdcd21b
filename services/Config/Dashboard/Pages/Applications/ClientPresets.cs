namespace ManagedOAuth.Config.Dashboard.Pages.Applications;

/// <summary>Where well-known clients take the answer of an authorization.</summary>
/// <param name="Key">Stable.</param>
/// <param name="Name">The client.</param>
/// <param name="RedirectUris">What is added to the allowed redirect URIs.</param>
public sealed record ClientPreset(string Key, string Name, IReadOnlyList<string> RedirectUris);

/// <summary>The clients that can be allowed with one click. Programs on the user's own computer need the localhost and loopback switches instead.</summary>
public static class ClientPresets
{
    public static readonly IReadOnlyList<ClientPreset> All =
    [
        new("claude", "Claude", ["https://claude.ai/api/mcp/auth_callback", "https://claude.com/api/mcp/auth_callback"]),
        new("chatgpt", "ChatGPT", ["https://chatgpt.com/connector_platform_oauth_redirect", "https://chatgpt.com/connector/oauth/*"]),
        new("cursor", "Cursor", ["cursor://anysphere.cursor-mcp/oauth/callback", "https://www.cursor.com/agents/mcp/oauth/callback"]),
        new("vscode", "VS Code", ["https://vscode.dev/redirect", "https://insiders.vscode.dev/redirect"]),
        new("playground", "Cloudflare AI Playground", ["https://playground.ai.cloudflare.com/*"]),
    ];
}
