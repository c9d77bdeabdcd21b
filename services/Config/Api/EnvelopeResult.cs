using System.Text.Json;
using System.Text.Json.Nodes;

namespace ManagedOAuth.Config.Api;

/// <summary>One answer of the admin API. Filters may add to it before it is written.</summary>
/// <param name="status">HTTP status.</param>
/// <param name="errors">What is wrong; none = success.</param>
/// <param name="result">The result.</param>
public sealed class EnvelopeResult(int status, IReadOnlyList<ApiError> errors, JsonNode? result) : IResult, IStatusCodeHttpResult
{
    public int Status => status;

    int? IStatusCodeHttpResult.StatusCode => status;

    /// <summary>Whether nothing is wrong.</summary>
    public bool Success => errors.Count == 0;

    public IReadOnlyList<ApiError> Errors => errors;

    public JsonNode? Result => result;

    /// <summary>What the caller should know besides.</summary>
    public IList<ApiError> Messages { get; } = [];

    /// <summary><c>result_info</c>: the page of a list, the outcome of a dry run, how far a change has come.</summary>
    public JsonObject? Info { get; set; }

    /// <summary>Whether what was asked for goes on after the answer, as a job.</summary>
    public bool IsDeferred { get; init; }

    /// <summary>The strong entity tag of the object in the result.</summary>
    public string? EntityTag { get; init; }

    /// <summary>The body as it is written.</summary>
    public JsonObject ToJson()
    {
        var body = new JsonObject
        {
            ["success"] = Success,
            ["errors"] = new JsonArray([.. errors.Select(ToNode)]),
            ["messages"] = new JsonArray([.. Messages.Select(ToNode)]),
            ["result"] = result?.Parent is null ? result : result.DeepClone(),
        };
        if (Info is not null)
        {
            body["result_info"] = Info.Parent is null ? Info : Info.DeepClone();
        }

        return body;
    }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        var response = httpContext.Response;
        response.StatusCode = status;
        response.Headers.CacheControl = "no-store";
        if (EntityTag is not null)
        {
            response.Headers.ETag = EntityTag;
        }

        if (status == StatusCodes.Status304NotModified)
        {
            return;
        }

        response.ContentType = "application/json; charset=utf-8";
        await using var writer = new Utf8JsonWriter(response.BodyWriter);
        ToJson().WriteTo(writer);
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
