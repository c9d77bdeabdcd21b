using System.Text.Json;
using System.Text.Unicode;

using ManagedOAuth.ServiceDefaults.Http;

namespace ManagedOAuth.Edge.Portals.Protocol;

/// <summary>What a message is.</summary>
internal enum RpcKind
{
    Request,
    Notification,
    Response,
}

/// <summary>
/// One JSON-RPC message, read once and never made into objects: what goes through keeps its bytes, with members that nobody here knows.
/// </summary>
internal sealed class RpcMessage
{
    /// <summary>Deepest nesting of what clients send.</summary>
    public const int MaximumDepth = 64;

    /// <summary>Deepest nesting of what servers send.</summary>
    public const int MaximumUpstreamDepth = 256;

    private const int MaximumId = 256;
    private const int MaximumMethod = 128;

    private RpcMessage(RpcKind kind, JsonElement root, string method)
    {
        Kind = kind;
        Root = root;
        Method = method;
    }

    public RpcKind Kind { get; }

    public JsonElement Root { get; }

    /// <summary>Empty for a response.</summary>
    public string Method { get; }

    /// <summary>A string or an integer; undefined for a notification.</summary>
    public JsonElement Id => Root.TryGetProperty("id", out var id) ? id : default;

    /// <summary>An object, or undefined when there are none.</summary>
    public JsonElement Params => Root.TryGetProperty("params", out var value) ? value : default;

    /// <summary>Undefined unless it is a successful response.</summary>
    public JsonElement Result => Root.TryGetProperty("result", out var value) ? value : default;

    /// <summary>Undefined unless it is a failed response.</summary>
    public JsonElement Error => Root.TryGetProperty("error", out var value) ? value : default;

    /// <summary>The id as text that tells a string from a number; empty when there is none.</summary>
    public string IdText => Id.ValueKind == JsonValueKind.Undefined ? "" : Id.GetRawText();

    /// <summary><c>params._meta</c>; undefined when there is none.</summary>
    public JsonElement Meta => Member(Params, "_meta");

    /// <summary>A text member of the parameters; null when it is absent or something else.</summary>
    public string? Text(string member) => Member(Params, member).GetStringOrNull();

    public static JsonElement Member(JsonElement container, string name)
        => container.ValueKind == JsonValueKind.Object && container.TryGetProperty(name, out var value) ? value : default;

    /// <summary>Reads a message.</summary>
    /// <param name="utf8">The whole body.</param>
    /// <param name="isStrict">From a client: no member may come twice, and no text be half a surrogate pair, so that nobody behind reads another value than was decided on.</param>
    /// <param name="message">The message.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static RpcError? TryRead(ReadOnlyMemory<byte> utf8, bool isStrict, out RpcMessage? message)
    {
        message = null;
        if (!Utf8.IsValid(utf8.Span))
        {
            return NotJson;
        }

        if (isStrict && !EscapedText.IsPaired(utf8.Span))
        {
            return NotText;
        }

        try
        {
            // Not disposed: the message lives as long as anybody holds a part of it, and a copy would cost as much as reading it.
            var root = JsonDocument.Parse(utf8, new JsonDocumentOptions
            {
                MaxDepth = isStrict ? MaximumDepth : MaximumUpstreamDepth,
                AllowDuplicateProperties = !isStrict,
            }).RootElement;
            return TryRead(root, isStrict, out message);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // Not JSON as it is asked for, or names that are no text: an answer, not a fault.
            return NotJson;
        }
    }

    private static RpcError? TryRead(JsonElement root, bool isStrict, out RpcMessage? message)
    {
        message = null;
        if (root.ValueKind == JsonValueKind.Array)
        {
            return RpcError.InvalidRequest("Send one message per request: batches are not part of this protocol revision.");
        }

        if (Check(root, out var kind, out var method) is { } problem)
        {
            return RpcError.InvalidRequest(problem);
        }

        if (isStrict && HasTwins(root))
        {
            return RpcError.InvalidRequest("Two members of \"params\" differ only in the case of their letters.");
        }

        message = new RpcMessage(kind, root, method);
        return null;
    }

    private static RpcError NotJson { get; } = new(RpcCodes.Parse, "The body is not JSON in UTF-8, is nested too deeply, or has a member twice.") { Status = StatusCodes.Status400BadRequest };

    private static RpcError NotText { get; } = new(RpcCodes.Parse, "A text in the body is no Unicode: an escape from \\ud800 to \\udfff stands without its other half.") { Status = StatusCodes.Status400BadRequest };

    private static string? Check(JsonElement root, out RpcKind kind, out string method)
    {
        (kind, method) = (RpcKind.Request, "");
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("jsonrpc", out var version) || !(version.ValueKind == JsonValueKind.String && version.ValueEquals("2.0")))
        {
            return "A message is an object with \"jsonrpc\": \"2.0\".";
        }

        var hasId = root.TryGetProperty("id", out var id);
        if (hasId && !IsId(id))
        {
            // A response may have null where the request could not be read: then it belongs to nothing.
            return "\"id\" is a string of at most 256 characters or an integer.";
        }

        if (root.TryGetProperty("params", out var parameters) && parameters.ValueKind != JsonValueKind.Object)
        {
            return "\"params\" is an object.";
        }

        if (!root.TryGetProperty("method", out var name))
        {
            kind = RpcKind.Response;
            return hasId && (root.TryGetProperty("result", out _) ^ root.TryGetProperty("error", out _))
                ? null
                : "A message has a \"method\", or an \"id\" and either \"result\" or \"error\".";
        }

        if (name.GetStringOrNull() is not { Length: > 0 and <= MaximumMethod } text)
        {
            return "\"method\" is a string of at most 128 characters.";
        }

        (kind, method) = (hasId ? RpcKind.Request : RpcKind.Notification, text);
        return null;
    }

    // A server that reads names without case would take another value than the one that was decided on.
    private static bool HasTwins(JsonElement root)
    {
        if (!root.TryGetProperty("params", out var parameters))
        {
            return false;
        }

        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return parameters.EnumerateObject().Any(member => !names.Add(member.Name));
    }

    private static bool IsId(JsonElement id)
        => id.ValueKind == JsonValueKind.String ? id.GetRawText().Length <= MaximumId + 2 : id.ValueKind == JsonValueKind.Number && id.TryGetInt64(out _);
}
