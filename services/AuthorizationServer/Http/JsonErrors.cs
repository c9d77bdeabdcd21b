using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ManagedOAuth.AuthorizationServer.Http;

/// <summary>OAuth's error body (RFC 6749 §5.2) outside the token endpoint.</summary>
public static class JsonErrors
{
    /// <summary>Writes the error; never cached.</summary>
    public static Task Write(HttpContext context, int status, string error, string description)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Response.Headers.CacheControl = "no-store";
        return Results.Json(new ErrorBody(error, description), (JsonTypeInfo)ErrorJson.Default.ErrorBody, statusCode: status).ExecuteAsync(context);
    }
}

/// <summary>The body of an error.</summary>
/// <param name="Error">The code.</param>
/// <param name="ErrorDescription">For the client's developer.</param>
internal sealed record ErrorBody(string Error, string ErrorDescription);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ErrorBody))]
internal sealed partial class ErrorJson : JsonSerializerContext;
