using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Api;

/// <summary>The envelope of every answer: <c>success</c>, <c>errors</c>, <c>messages</c>, <c>result</c> and, for lists, <c>result_info</c>.</summary>
public static class ApiEnvelope
{
    /// <summary>An answer with one object.</summary>
    public static IResult Ok(JsonNode? result, int status = StatusCodes.Status200OK) => new EnvelopeResult(status, true, [], result, null);

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

        return new EnvelopeResult(StatusCodes.Status200OK, true, [], array, info);
    }

    /// <summary>A refusal.</summary>
    public static IResult Error(int status, params IReadOnlyList<ApiError> errors) => new EnvelopeResult(status, false, errors, null, null);

    /// <summary>A configuration record as the admin API shows it.</summary>
    public static JsonNode ToNode<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToNode(value, type)!;

    private sealed class EnvelopeResult(int status, bool success, IReadOnlyList<ApiError> errors, JsonNode? result, JsonObject? info) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var body = new JsonObject
            {
                ["success"] = success,
                ["errors"] = new JsonArray([.. errors.Select(ToNode)]),
                ["messages"] = new JsonArray(),
                ["result"] = result,
            };
            if (info is not null)
            {
                body["result_info"] = info;
            }

            httpContext.Response.StatusCode = status;
            httpContext.Response.ContentType = "application/json; charset=utf-8";
            httpContext.Response.Headers.CacheControl = "no-store";
            await using var writer = new Utf8JsonWriter(httpContext.Response.BodyWriter);
            body.WriteTo(writer);
            await writer.FlushAsync(httpContext.RequestAborted);
        }

        private static JsonObject ToNode(ApiError error)
        {
            var node = new JsonObject { ["code"] = error.Code, ["message"] = error.Message };
            if (error.Source is not null)
            {
                node["source"] = new JsonObject { ["pointer"] = error.Source.Pointer };
            }

            return node;
        }
    }
}
