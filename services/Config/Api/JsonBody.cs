using System.Runtime.InteropServices;
using System.Text.Json;
using ManagedOAuth.ServiceDefaults.Http;
using Microsoft.Net.Http.Headers;

namespace ManagedOAuth.Config.Api;

/// <summary>The JSON object of a request body.</summary>
public static class JsonBody
{
    /// <summary>Largest body of the admin API, in bytes.</summary>
    public const int MaximumLength = 1024 * 1024;

    private const string MergePatch = "application/merge-patch+json";

    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 32, AllowDuplicateProperties = false };

    /// <summary>What is said of a text that nobody can read (RFC 8259 §8.2).</summary>
    public const string UnpairedText = "a text holds half of a surrogate pair (\\ud800 to \\udfff alone), which is no character";

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
            if (!EscapedText.IsPaired(JsonMarshal.GetRawUtf8Value(document.RootElement)))
            {
                return (default, Unpaired());
            }

            return document.RootElement.ValueKind == JsonValueKind.Object
                ? (document.RootElement.Clone(), null)
                : (default, ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("the body is a JSON object")));
        }
        catch (BadHttpRequestException refused)
        {
            // Too large, or the client broke off: the server knows the status.
            return (default, ApiEnvelope.Error(refused.StatusCode, ApiErrors.InvalidRequest($"the body has at most {MaximumLength} bytes")));
        }
        catch (InvalidOperationException)
        {
            // In a member's name: the parser reads names, to find those that come twice.
            return (default, Unpaired());
        }
        catch (JsonException)
        {
            return (default, ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("the body is no valid JSON: it is broken, has a member twice, or is nested too deeply")));
        }
    }

    private static IResult Unpaired() => ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest(UnpairedText));

    private static bool IsMergePatch(string? contentType)
        => MediaTypeHeaderValue.TryParse(contentType, out var type)
            && (type.MediaType.Equals(MergePatch, StringComparison.OrdinalIgnoreCase) || type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase));
}
