using System.Text.Json;
using Microsoft.Net.Http.Headers;

namespace ManagedOAuth.Config.Api;

/// <summary>The JSON object of a request body.</summary>
public static class JsonBody
{
    /// <summary>Largest body of the admin API, in bytes.</summary>
    public const int MaximumLength = 1024 * 1024;

    private const string MergePatch = "application/merge-patch+json";

    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 32, AllowDuplicateProperties = false };

    /// <summary>Reads the body, or gives the refusal to answer with.</summary>
    public static async Task<(JsonElement Body, IResult? Refusal)> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (HttpMethods.IsPatch(request.Method) && !IsMergePatch(request.ContentType))
        {
            request.HttpContext.Response.Headers["Accept-Patch"] = MergePatch;
            return (default, ApiEnvelope.Error(StatusCodes.Status415UnsupportedMediaType, ApiErrors.InvalidRequest($"the body of a PATCH is a JSON Merge Patch (RFC 7396) with Content-Type {MergePatch} or application/json")));
        }

        if (!request.HasJsonContentType())
        {
            return (default, ApiEnvelope.Error(StatusCodes.Status415UnsupportedMediaType, ApiErrors.InvalidRequest("the body is a JSON object with Content-Type application/json")));
        }

        try
        {
            using var document = await JsonDocument.ParseAsync(request.Body, s_options, ct);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? (document.RootElement.Clone(), null)
                : (default, ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("the body is a JSON object")));
        }
        catch (BadHttpRequestException refused)
        {
            // Too large, or the client broke off: the server knows the status.
            return (default, ApiEnvelope.Error(refused.StatusCode, ApiErrors.InvalidRequest($"the body has at most {MaximumLength} bytes")));
        }
        catch (JsonException)
        {
            return (default, ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("the body is no valid JSON: it is broken, has a member twice, or is nested too deeply")));
        }
    }

    private static bool IsMergePatch(string? contentType)
        => MediaTypeHeaderValue.TryParse(contentType, out var type)
            && (type.MediaType.Equals(MergePatch, StringComparison.OrdinalIgnoreCase) || type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase));
}
