using System.Text.Json.Nodes;

namespace ManagedOAuth.Config.Dashboard.Requests;

/// <summary>The envelope that the admin API answered.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Envelope">The whole body.</param>
/// <param name="ETag">The object's entity tag, where the answer has one.</param>
public sealed record ApiAnswer(int Status, JsonObject Envelope, string? ETag)
{
    private const string MessagePrefix = "access.api.error.";

    public bool Success => Status is >= 200 and < 300;

    /// <summary>The object; empty when there is none.</summary>
    public JsonObject Object => Envelope["result"] as JsonObject ?? [];

    /// <summary>The objects of a list.</summary>
    public IReadOnlyList<JsonObject> Items => Envelope["result"] is JsonArray array ? [.. array.OfType<JsonObject>()] : [];

    /// <summary>How many there are over all pages.</summary>
    public long TotalCount => (Envelope["result_info"]?["total_count"] as JsonValue)?.TryGetValue<long>(out var count) == true ? count : Items.Count;

    /// <summary>There are more than these.</summary>
    public bool IsShortened => TotalCount > Items.Count;

    /// <summary>Key of the next page where a list is paged by keys.</summary>
    public string Cursor => (string?)Envelope["result_info"]?["cursor"] ?? "";

    /// <summary>What was refused: JSON pointers of fields (empty = the request as a whole) with the reason, without the stable prefix of the API.</summary>
    public IReadOnlyList<(string Pointer, string Reason)> Errors =>
        Envelope["errors"] is JsonArray errors ? [.. errors.OfType<JsonObject>().Select(error => ((string?)error["source"]?["pointer"] ?? "", Reason((string?)error["message"] ?? "")))] : [];

    private static string Reason(string message)
    {
        if (!message.StartsWith(MessagePrefix, StringComparison.Ordinal))
        {
            return message;
        }

        var colon = message.IndexOf(": ", StringComparison.Ordinal);
        return colon < 0 ? message[MessagePrefix.Length..].Replace('_', ' ') : message[(colon + 2)..];
    }
}
