using ManagedOAuth.Config.Api;

namespace ManagedOAuth.Config.OpenApi;

/// <summary><c>/client/v4/openapi.json</c>: the admin API described in OpenAPI 3.1, made from the routes that are mapped.</summary>
public static class OpenApiEndpoint
{
    public static void MapOpenApi(this IEndpointRouteBuilder api)
        => api.MapGet("/openapi.json", (OpenApiDocument document, CancellationToken _) => Results.Text(document.Text, "application/json; charset=utf-8")).AllowAnyPermission().AnswersWhole(JsonShape.MapOf(JsonShape.Any));
}
