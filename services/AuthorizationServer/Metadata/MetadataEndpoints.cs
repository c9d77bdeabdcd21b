using System.Text.Json.Serialization.Metadata;
using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.AuthorizationServer.Metadata;

/// <summary>
/// Discovery at application domains: RFC 9728 and RFC 8414. GET and HEAD, any origin, one minute in caches. 404 where Managed OAuth is off;
/// 503 while the configuration is not loaded, because clients take a 404 as leave to guess endpoints.
/// </summary>
public static class MetadataEndpoints
{
    private const string Methods = "GET, HEAD, OPTIONS";

    /// <summary>Maps the well-known paths.</summary>
    public static void MapMetadata(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        foreach (var wellKnown in new[] { Paths.ProtectedResource, Paths.CloudflareProtectedResource })
        {
            Map(endpoints, wellKnown + "/{**path}", (scope, application, path)
                => MetadataDocuments.ProtectedResource(application, scope.Edge.PublicOrigin, path) is { } document
                    ? Results.Json(document, (JsonTypeInfo)MetadataJson.Default.ProtectedResourceMetadata)
                    : null);
        }

        // The issuer has no path, so only the bare name is its metadata (RFC 8414 §3.1).
        Map(endpoints, Paths.AuthorizationServer + "/{**path}", (_, application, path)
            => path is "" ? Results.Json(MetadataDocuments.AuthorizationServer(application), (JsonTypeInfo)MetadataJson.Default.AuthorizationServerMetadata) : null);
    }

    private static void Map(IEndpointRouteBuilder endpoints, string pattern, Func<RequestScope, Application, string, IResult?> document)
        => endpoints.Map(pattern, context => context.Request.Method switch
        {
            "GET" or "HEAD" => AnswerAsync(context, document),
            "OPTIONS" => Cors.Preflight(context, Methods).ExecuteAsync(context),
            _ => RefuseMethod(context),
        });

    private static Task RefuseMethod(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        context.Response.Headers.Allow = Methods;
        return Task.CompletedTask;
    }

    private static Task AnswerAsync(HttpContext context, Func<RequestScope, Application, string, IResult?> document)
    {
        var scope = RequestScope.Of(context);
        Cors.AllowAnyOrigin(context.Response);
        if (!scope.IsLoaded)
        {
            context.Response.Headers.RetryAfter = "5";
            return JsonErrors.Write(context, StatusCodes.Status503ServiceUnavailable, Rules.Errors.TemporarilyUnavailable, "The configuration is not loaded yet.");
        }

        if (scope.ManagedApplication is not { } application || document(scope, application, PathAfterName(context)) is not { } result)
        {
            return JsonErrors.Write(context, StatusCodes.Status404NotFound, "not_found", "There is no such document here.");
        }

        context.Response.Headers.CacheControl = "public, max-age=60";
        return result.ExecuteAsync(context);
    }

    // As it was sent: the decoded route value could no longer be told from another path.
    private static string PathAfterName(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        var name = path.IndexOf('/', "/.well-known/".Length);
        return name < 0 ? "" : path[name..];
    }
}
