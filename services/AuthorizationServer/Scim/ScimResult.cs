using System.Text.Json.Nodes;

namespace ManagedOAuth.AuthorizationServer.Scim;

/// <summary>An answer with SCIM's media type; never cached.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">Null = none.</param>
public sealed record ScimResult(int Status, JsonObject? Body) : IResult
{
    public string? Location { get; init; }

    public string? EntityTag { get; init; }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        var response = httpContext.Response;
        response.StatusCode = Status;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        if (Location is not null)
        {
            response.Headers.Location = Location;
        }

        if (EntityTag is not null)
        {
            response.Headers.ETag = EntityTag;
        }

        if (Body is not null)
        {
            response.ContentType = ScimSchemas.MediaType;
            await response.WriteAsync(Body.ToJsonString(), httpContext.RequestAborted);
        }
    }
}
