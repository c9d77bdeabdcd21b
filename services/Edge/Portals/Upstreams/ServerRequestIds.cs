using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text.Json;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Protocol;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// Ids of requests that a server sends to a client (sampling, elicitation, roots), and the tokens by which it wants to hear of their progress. Two servers may
/// choose the same ones, so the client gets them with the server's id in them; what it says of them finds the way back on any replica, because nothing
/// about them has to be remembered.
/// </summary>
internal static class ServerRequestIds
{
    private const string Prefix = "srv.";

    /// <summary>A request or notification of a server as the client gets it.</summary>
    public static ReadOnlyMemory<byte> ForClient(PortalServer server, RpcMessage message) => RpcWriter.Write(json =>
    {
        if (message.Kind == RpcKind.Request)
        {
            json.With(message.Root, ("id", Rename), ("params", parameters => json.With(parameters, ("_meta", RenameToken))));
        }
        else if (message.Method == NotificationMethods.CancelledNotification && message.Params.ValueKind == JsonValueKind.Object)
        {
            // A server cancels what it has asked itself.
            json.With(message.Root, ("params", parameters => json.With(parameters, ("requestId", Rename))));
        }
        else
        {
            json.Raw(message.Root);
        }

        void RenameToken(JsonElement meta)
        {
            if (meta.ValueKind == JsonValueKind.Object)
            {
                json.With(meta, ("progressToken", Rename));
            }
            else
            {
                json.Raw(meta);
            }
        }

        void Rename(JsonElement own)
        {
            if (own.ValueKind is JsonValueKind.String or JsonValueKind.Number)
            {
                json.WriteStringValue($"{Prefix}{server.ServerId}.{Base64Url.EncodeToString(JsonMarshal.GetRawUtf8Value(own))}");
            }
            else
            {
                json.Raw(own);
            }
        }
    });

    /// <summary>Takes an id or token that a client names apart; false when it is none of these.</summary>
    /// <param name="id">The id.</param>
    /// <param name="serverId">The server that asked.</param>
    /// <param name="original">The server's own, as JSON.</param>
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
