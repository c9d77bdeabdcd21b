using System.Runtime.InteropServices;
using System.Text.Json;
using ManagedOAuth.Edge.Portals.Protocol;

namespace ManagedOAuth.Edge.Portals.Endpoint;

/// <summary>How a client introduces itself: kept for as long as its session, or as a session with a server that it leads to.</summary>
internal static class ClientIntroduction
{
    /// <summary>Most of each part, in bytes.</summary>
    public const int Maximum = 16 * 1024;

    /// <summary>What is wrong; null when nothing is.</summary>
    public static RpcError? Check(JsonElement info, JsonElement capabilities)
        => Length(info) > Maximum || Length(capabilities) > Maximum
            ? RpcError.InvalidRequest("What a client says about itself and its capabilities has at most 16 KiB each.")
            : null;

    /// <summary>An object, without the message that it came in; null when it is none.</summary>
    public static JsonElement? Kept(JsonElement value) => value.ValueKind == JsonValueKind.Object ? value.Clone() : null;

    private static int Length(JsonElement value) => value.ValueKind == JsonValueKind.Undefined ? 0 : JsonMarshal.GetRawUtf8Value(value).Length;
}
