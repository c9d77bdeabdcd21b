using System.Text.Json.Nodes;

namespace ManagedOAuth.Config.Dashboard.Pages.McpServers;

/// <summary>Servers in words.</summary>
public static class McpWords
{
    /// <summary>How the last reading went, as the tone of a badge.</summary>
    public static string Tone(JsonNode server) => Text(server, "status") switch { "ready" => "good", "stale" => "warn", "error" => "bad", _ => "info" };

    public static string Authentication(JsonNode server) => (Text(server, "auth_type"), Text(server, "authentication_status")) switch
    {
        ("unauthenticated", _) => "none",
        ("bearer", "stale") => "fixed credential, no longer accepted",
        ("bearer", _) => "fixed credential",
        (_, "connected") => "OAuth, connected",
        (_, "stale") => "OAuth, the shared login has ended",
        _ => "OAuth, no shared login",
    };

    /// <summary>How many of its tools and prompts wait for approval.</summary>
    public static int Waiting(JsonObject server) => CapabilityPage.All(server).Count(capability => !capability.Approved);

    /// <summary>What an alert is about.</summary>
    public static string Alert(JsonObject alert) => Text(alert, "kind") switch
    {
        "credential_stale" => "The credential is no longer accepted",
        "user_credential_stale" => "Users have to log in again",
        "quarantine" => "Waiting for approval",
        "definitions_changed" => "Definitions changed",
        "sync_failed" => "Cannot be read",
        "scope_missing" => "The shared login was granted too little",
        var other => other,
    };

    private static string Text(JsonNode node, string member)
    {
        ArgumentNullException.ThrowIfNull(node);
        return (string?)node[member] ?? "";
    }
}
