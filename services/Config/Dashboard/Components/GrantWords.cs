using System.Text.Json.Nodes;

namespace ManagedOAuth.Config.Dashboard.Components;

/// <summary>Grants and their events in words.</summary>
public static class GrantWords
{
    /// <summary>The client's own name, or that it is a browser.</summary>
    public static string Client(JsonObject grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        return (string?)grant["kind"] == "browser" ? "Browser session" : (string?)grant["client_name"] is { Length: > 0 } name ? name : "Client without a name";
    }

    public static string State(JsonObject grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        return (string?)grant["status"] == "active" ? "active" : (string?)grant["end_reason"] switch
        {
            "grant_expired" => "expired",
            "grant_revoked" => "revoked",
            "grant_denied" => "no longer admitted",
            "grant_refresh_denied" => "no longer admitted",
            "grant_replay_detected" => "ended: replay",
            _ => "ended",
        };
    }

    public static string Tone(JsonObject grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        return (string?)grant["status"] == "active" ? "good" : (string?)grant["end_reason"] switch
        {
            "grant_replay_detected" => "bad",
            "grant_denied" or "grant_refresh_denied" => "warn",
            _ => "",
        };
    }

    /// <summary>What an event of a grant says, and how it feels.</summary>
    public static (string Title, string Tone) Event(string type) => type switch
    {
        "grant_issued" => ("Access was given", "good"),
        "grant_refreshed" => ("Tokens were renewed", "good"),
        "grant_refresh_repeated" => ("A repeated renewal got the same answer", ""),
        "access_token_revoked" => ("One access token was revoked by its client", ""),
        "grant_refresh_denied" => ("Ended: the policies no longer admit the user at a renewal", "bad"),
        "grant_denied" => ("Ended: a changed configuration no longer admits the user", "bad"),
        "grant_replay_detected" => ("Ended: a credential that had been used was used again", "bad"),
        "grant_revoked" => ("Ended: revoked", "bad"),
        "grant_expired" => ("Ended: its time was over", ""),
        _ => (type.Replace('_', ' '), ""),
    };
}
