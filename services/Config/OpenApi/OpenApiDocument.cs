using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.DryRuns;
using ManagedOAuth.Config.Objects;
using Microsoft.AspNetCore.Routing.Patterns;

namespace ManagedOAuth.Config.OpenApi;

/// <summary>Describes every route of the admin API: its parameters, the records it reads and answers, the permission it needs.</summary>
public sealed class OpenApiDocument(EndpointDataSource endpoints, IEnumerable<IObjectKind> kinds)
{
    private const string Prefix = "/client/v4";

    private readonly Lazy<string> _text = new(() => Build(endpoints, [.. kinds]).ToJsonString());

    /// <summary>The document as JSON.</summary>
    public string Text => _text.Value;

    private static JsonObject Build(EndpointDataSource endpoints, IReadOnlyList<IObjectKind> kinds)
    {
        var paths = new JsonObject();
        foreach (var endpoint in endpoints.Endpoints.OfType<RouteEndpoint>().OrderBy(endpoint => endpoint.RoutePattern.RawText, StringComparer.Ordinal))
        {
            var path = PathOf(endpoint.RoutePattern);
            if (!path.StartsWith(Prefix, StringComparison.Ordinal) || endpoint.RoutePattern.Parameters.Any(parameter => parameter.IsCatchAll))
            {
                continue;
            }

            var item = paths[path] as JsonObject ?? [];
            paths[path] = item;
            foreach (var method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [])
            {
                item[method.ToLowerInvariant()] = Operation(endpoint, path, method, KindOf(path, kinds));
            }
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "ManagedOAuth admin API",
                ["version"] = "4",
                ["description"] = "Every answer is an envelope: success, errors, messages, result, and result_info where there is more to say.",
            },
            ["security"] = new JsonArray(new JsonObject { ["api_token"] = new JsonArray() }),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["securitySchemes"] = new JsonObject { ["api_token"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["bearerFormat"] = "mo_api_..." } },
                ["schemas"] = OpenApiSchemas.All(kinds),
            },
        };
    }

    private static JsonObject Operation(RouteEndpoint endpoint, string path, string method, IObjectKind? kind)
    {
        var isRead = HttpMethods.IsGet(method);
        var permission = endpoint.Metadata.GetMetadata<RequiredPermission>()?.For(method);
        var needed = permission is { } held ? ApiPermissions.All.First(entry => entry.Permission == held).Name : "any valid token";
        var operation = new JsonObject
        {
            ["operationId"] = $"{method.ToLowerInvariant()}{string.Concat(path[Prefix.Length..].Split('/', '{', '}', '.').Where(part => part.Length > 0).Select(part => "_" + part))}",
            ["tags"] = new JsonArray(kind?.Name ?? path.Split('/')[^1].Trim('{', '}')),
            ["description"] = $"Permission: {needed}.",
            ["x-permission"] = permission is { } id ? ApiPermissions.IdOf(id) : null,
            ["parameters"] = new JsonArray([.. Parameters(endpoint, method)]),
            ["responses"] = Responses(endpoint, path, method, kind),
        };
        var described = endpoint.Metadata.GetMetadata<DescribedRequest>();
        var body = described is not null ? JsonNode.Parse(described.Schema)
            : !isRead && !HttpMethods.IsDelete(method) && IsObject(path, kind) ? OpenApiSchemas.Request(kind!, method)
            : null;
        if (body is not null)
        {
            var type = HttpMethods.IsPatch(method) ? "application/merge-patch+json" : "application/json";
            operation["requestBody"] = new JsonObject { ["required"] = described?.IsRequired ?? true, ["content"] = new JsonObject { [type] = new JsonObject { ["schema"] = body } } };
        }

        return operation;
    }

    private static IEnumerable<JsonNode> Parameters(RouteEndpoint endpoint, string method)
    {
        foreach (var parameter in endpoint.RoutePattern.Parameters)
        {
            var policy = parameter.ParameterPolicies.Select(policy => policy.Content).FirstOrDefault();
            var schema = policy switch
            {
                "guid" => new JsonObject { ["type"] = "string", ["format"] = "uuid" },
                "long" or "int" => new JsonObject { ["type"] = "integer" },
                _ => new JsonObject { ["type"] = "string" },
            };
            yield return new JsonObject { ["name"] = parameter.Name, ["in"] = "path", ["required"] = true, ["schema"] = schema };
        }

        foreach (var described in endpoint.Metadata.GetOrderedMetadata<DescribedParameter>())
        {
            yield return Parameter(described.Name, "query", described.Type, described.Description);
        }

        if (HttpMethods.IsGet(method))
        {
            yield break;
        }

        if (endpoint.Metadata.GetMetadata<DryRun.Support>() is { Given: true })
        {
            yield return Parameter("dry_run", "query", "boolean", "Validate, decide and show what would change; save nothing.");
        }

        yield return Parameter("wait", "query", "string", "applied: answer when the change is in force at every service and edge.");
        yield return Parameter("timeout", "query", "string", "How long to wait, at most 30s.");
        yield return Parameter("Idempotency-Key", "header", "string", "Repeating a request with its key gives its first answer again, for a day.");
        if (!HttpMethods.IsPost(method))
        {
            yield return Parameter("If-Match", "header", "string", "The entity tag that the change is made on; 412 when the object has changed since.");
        }
    }

    private static JsonObject Parameter(string name, string place, string type, string description)
        => new() { ["name"] = name, ["in"] = place, ["required"] = false, ["description"] = description, ["schema"] = new JsonObject { ["type"] = type } };

    private static JsonObject Responses(RouteEndpoint endpoint, string path, string method, IObjectKind? kind)
    {
        var described = endpoint.Metadata.GetMetadata<DescribedAnswer>();
        var result = described is not null ? JsonNode.Parse(described.Schema) : IsObject(path, kind) ? ObjectAnswer(path, method, kind!) : null;
        var body = result is null ? OpenApiSchemas.Reference(OpenApiSchemas.Envelope)
            : described is { IsEnveloped: false } ? result
            : new JsonObject { ["allOf"] = new JsonArray(OpenApiSchemas.Reference(OpenApiSchemas.Envelope), new JsonObject { ["properties"] = new JsonObject { ["result"] = result } }) };
        var responses = new JsonObject
        {
            ["2XX"] = Answer("Done.", body),
        };
        foreach (var (status, reason) in ((int, string)[])[(400, "Something in the request is wrong: errors says what and where."), (401, "No valid token."), (403, "The token lacks the permission."), (404, "There is no such object."), (503, "Something is away; try again.")])
        {
            responses[status.ToString(CultureInfo.InvariantCulture)] = Answer(reason, OpenApiSchemas.Reference(OpenApiSchemas.Envelope));
        }

        return responses;
    }

    private static JsonNode ObjectAnswer(string path, string method, IObjectKind kind)
        => HttpMethods.IsDelete(method) ? JsonNode.Parse(kind.Shape.RemovalAnswer)!
            : HttpMethods.IsGet(method) && kind.OnlyId is null && path.EndsWith($"/{kind.Path}", StringComparison.Ordinal) ? JsonNode.Parse(JsonShape.ListOf(JsonShape.Kind(kind.Name)))!
            : OpenApiSchemas.Reference(kind.Name);

    private static JsonObject Answer(string description, JsonNode schema)
        => new() { ["description"] = description, ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = schema } } };

    // The collection itself and one object of it; what is below (versions, policies of an application) answers something else.
    private static bool IsObject(string path, IObjectKind? kind)
        => kind is not null && path[(path.IndexOf($"/{kind.Path}", StringComparison.Ordinal) + kind.Path.Length + 1)..].Count(c => c == '/') <= 1;

    private static IObjectKind? KindOf(string path, IReadOnlyList<IObjectKind> kinds)
        => kinds.FirstOrDefault(kind => path.Contains($"/{kind.Path}/", StringComparison.Ordinal) || path.EndsWith($"/{kind.Path}", StringComparison.Ordinal));

    private static string PathOf(RoutePattern pattern) => "/" + string.Join('/', pattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
    {
        RoutePatternLiteralPart literal => literal.Content,
        RoutePatternParameterPart parameter => $"{{{parameter.Name}}}",
        _ => "",
    }))));
}
