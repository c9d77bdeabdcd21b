using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Requests;

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

    /// <summary>How much a revocation ends, in a sentence.</summary>
    /// <param name="grants">The active grants that it is about, as the API answered: a thousand at most.</param>
    /// <param name="member">The member by which they are told apart.</param>
    /// <param name="noun">What that member names.</param>
    /// <param name="none">What is said where there is none.</param>
    public static string Consequence(ApiAnswer grants, string member, string noun, string none)
    {
        ArgumentNullException.ThrowIfNull(grants);
        if (!grants.Success)
        {
            return grants.Status switch
            {
                StatusCodes.Status403Forbidden => "How many grants this ends is not shown: you are not permitted to see grants.",
                StatusCodes.Status503ServiceUnavailable => "How many grants this ends cannot be told: the token service does not answer.",
                _ => $"How many grants this ends cannot be told: {ObjectForm.Explain(grants)[0].Reason}",
            };
        }

        var kinds = grants.Items.Select(grant => (string?)grant[member]).Distinct(StringComparer.Ordinal).Count();
        var more = grants.TotalCount > grants.Items.Count ? "at least " : "";
        return grants.TotalCount == 0
            ? none
            : $"This ends {Moments.Count(grants.TotalCount, "grant")} {(noun == "user" ? "of" : "at")} {more}{Moments.Count(kinds, noun)}, browser sessions and clients alike, within a second, open streams included.";
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
