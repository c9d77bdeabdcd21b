using System.Text.Json.Nodes;

namespace ManagedOAuth.Config.Dashboard.Pages.Clients;

/// <summary>Clients in words.</summary>
public static class ClientWords
{
    /// <summary>What the client calls itself: anybody can register under any name.</summary>
    public static string Name(JsonObject client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return (string?)client["client_name"] is { Length: > 0 } name ? name : "Client without a name";
    }

    public static (string Text, string Tone) State(JsonObject client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client["revoked_at"] is not null ? ("revoked", "bad") : (long?)client["active_grants"] > 0 ? ("in use", "good") : ("not in use", "");
    }

    /// <summary>What an event of a client says, and how it feels.</summary>
    public static (string Title, string Tone) Event(string type) => type switch
    {
        "client_registered" => ("It registered itself", ""),
        "consent_given" => ("A user agreed to it", "good"),
        "client_revoked" => ("Revoked", "bad"),
        _ => (type.Replace('_', ' '), ""),
    };
}
