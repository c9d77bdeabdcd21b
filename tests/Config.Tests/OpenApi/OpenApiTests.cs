using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.Config.Tests.OpenApi;

[Collection(ConfigCollection.Name)]
public sealed class OpenApiTests(ConfigHost host)
{
    [Fact]
    public async Task Document_HasEveryRoute()
    {
        var document = await DocumentAsync();
        Assert.Equal("3.1.0", (string)document["openapi"]!);
        var missing =
            from endpoint in host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            let pattern = endpoint.RoutePattern
            where pattern.RawText!.TrimStart('/').StartsWith("client/v4", StringComparison.Ordinal) && !pattern.Parameters.Any(parameter => parameter.IsCatchAll)
            let path = "/" + string.Join('/', pattern.PathSegments.Select(segment => segment.Parts[0] is RoutePatternParameterPart parameter ? $"{{{parameter.Name}}}" : ((RoutePatternLiteralPart)segment.Parts[0]).Content))
            from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
            where document["paths"]![path]?[method.ToLowerInvariant()] is null
            select $"{method} {path}";
        Assert.Empty(missing);
    }

    [Fact]
    public async Task Document_IsWhole()
    {
        var document = await DocumentAsync();
        var operations = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(operation => operation.Value!.AsObject())).ToList();
        Assert.Equal(operations.Count, operations.Select(operation => (string)operation["operationId"]!).Distinct().Count());
        Assert.All(operations, operation => Assert.NotEmpty(operation["responses"]!.AsObject()));
        foreach (var reference in References(document))
        {
            Assert.NotNull(reference.Split('/').Skip(1).Aggregate((JsonNode?)document, (node, part) => node?[part]));
        }

        var application = document["components"]!["schemas"]!["application"]!["properties"]!;
        Assert.NotNull(application["oauth_configuration"]!["properties"]!["grant"]!["properties"]!["access_token_lifetime"]);
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => member.Key == "$ref" ? [(string)member.Value!] : References(member.Value)),
        JsonArray items => items.SelectMany(References),
        _ => [],
    };

    private async Task<JsonObject> DocumentAsync()
    {
        using var answer = await host.Api.GetAsync("/client/v4/openapi.json");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsObject();
    }
}
