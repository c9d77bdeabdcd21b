using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace ManagedOAuth.Config.Api;

/// <summary>The envelope of every answer: <c>success</c>, <c>errors</c>, <c>messages</c>, <c>result</c> and, for lists, <c>result_info</c>.</summary>
public static class ApiEnvelope
{
    /// <summary>An answer with one object.</summary>
    public static IResult Ok(JsonNode? result, int status = StatusCodes.Status200OK) => new EnvelopeResult(status, [], result);

    /// <summary>An answer with one page of a list.</summary>
    public static IResult Page(IEnumerable<JsonNode> items, Paging paging, long totalCount, string? cursor = null)
    {
        var array = new JsonArray([.. items]);
        var info = new JsonObject
        {
            ["page"] = paging.Page,
            ["per_page"] = paging.PerPage,
            ["count"] = array.Count,
            ["total_count"] = totalCount,
        };
        if (!string.IsNullOrEmpty(cursor))
        {
            info["cursor"] = cursor;
        }

        return new EnvelopeResult(StatusCodes.Status200OK, [], array) { Info = info };
    }

    /// <summary>A refusal.</summary>
    public static IResult Error(int status, params IReadOnlyList<ApiError> errors) => new EnvelopeResult(status, errors, null);

    /// <summary>A configuration record as the admin API shows it.</summary>
    public static JsonNode ToNode<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToNode(value, type)!;
}
