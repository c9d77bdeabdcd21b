using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Protocol;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// Ids of requests that a server sends to a client (sampling, elicitation, roots). Two servers may choose the same one, so the client gets it with the
/// server's id in it; its response finds the way back on any replica, because nothing about it has to be remembered.
/// </summary>
internal static class ServerRequestIds
{
    private const string Prefix = "srv.";

    /// <summary>The id that the client gets.</summary>
    public static string Of(PortalServer server, RpcMessage request)
        => $"{Prefix}{server.ServerId}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(request.IdText))}";

    /// <summary>Takes an id in a client's response apart; false when it is none of these.</summary>
    /// <param name="id">The id.</param>
    /// <param name="serverId">The server that asked.</param>
    /// <param name="original">The server's own id, as JSON.</param>
    public static bool TryParse(JsonElement id, out string serverId, out byte[] original)
    {
        (serverId, original) = ("", []);
        if (id.GetStringOrNull() is not { } text || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var parts = text[Prefix.Length..].Split('.');
        if (parts.Length != 2)
        {
            return false;
        }

        try
        {
            (serverId, original) = (parts[0], Base64Url.DecodeFromChars(parts[1]));
            using var json = JsonDocument.Parse(original);
            return json.RootElement.ValueKind is JsonValueKind.String or JsonValueKind.Number;
        }
        catch (Exception failure) when (failure is FormatException or JsonException)
        {
            // Not one that was made here: an answer, not a fault.
            return false;
        }
    }
}
