using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Tests.Api;
using ManagedOAuth.Config.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.Config.Tests.OpenApi;

[Collection(ConfigCollection.Name)]
public sealed class OpenApiTests(ConfigHost host)
{
    private static readonly string[] s_withoutBody =
    [
        "/acknowledge", "/cancel", "/disconnect", "/make_reusable", "/keys/rotate", "/{id}/refresh", "/refresh_scim_secret", "/restore", "/{id}/revoke", "/{clientId}/revoke", "/revoke_tokens",
        "/sync", "/{id}/test", "/{id}/value",
    ];

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

    [Theory]
    [MemberData(nameof(ReadAfterWriteTests.Kinds), MemberType = typeof(ReadAfterWriteTests))]
    public async Task WhatIsSentAndAnswered_IsDescribed_MemberByMember(string kind, string path, string body, string changed, string key, string secrets)
    {
        var document = await DocumentAsync();
        var operations = document["paths"]![$"/client/v4/accounts/{{account}}/access/{path}"]!;
        var unique = $"o{Guid.NewGuid():N}"[..12];
        var written = JsonNode.Parse(body.Replace("\"N", $"\"{unique}", StringComparison.Ordinal))!.AsObject();
        var asked = Schema(document, operations["post"]!["requestBody"]!["content"]!["application/json"]!["schema"]!);
        Assert.True(written.Concat(JsonNode.Parse(changed)!.AsObject()).All(member => asked.Properties.Contains(member.Key)), $"{kind} takes {string.Join(", ", asked.Properties)}");
        Assert.True(asked.Required.All(written.ContainsKey), $"{kind} needs {string.Join(", ", asked.Required)}");
        Assert.DoesNotContain("version", asked.Properties);

        var made = (await host.Api.Must(HttpStatusCode.Created, "POST", $"{ApiCalls.Access}/{path}", written.ToJsonString())).AsObject();
        var shown = (await host.Api.Must(HttpStatusCode.OK, "GET", $"{ApiCalls.Access}/{path}/{made[key]}")).AsObject();
        var answered = Schema(document, operations["post"]!["responses"]!["2XX"]!["content"]!["application/json"]!["schema"]!, inside: "result");
        Assert.Empty(made.Concat(shown).Select(member => member.Key).Except(answered.Properties));
        Assert.Empty(answered.Required.Except(shown.Select(member => member.Key)));
        Assert.DoesNotContain(answered.Properties, member => member.Contains("hash", StringComparison.Ordinal) || member.Contains("sealed", StringComparison.Ordinal) || (member == secrets && shown.ContainsKey(secrets)));
        await host.Api.Call("DELETE", $"{ApiCalls.Access}/{path}/{made[key]}");
    }

    [Fact]
    public async Task EveryRoute_SaysWhatItAnswers_AndEveryWriteWhatItTakes()
    {
        var silent = new List<string>();
        foreach (var (path, methods) in (await DocumentAsync())["paths"]!.AsObject())
        {
            foreach (var (method, operation) in methods!.AsObject())
            {
                var answer = operation!["responses"]!["2XX"]!["content"]!["application/json"]!["schema"]!;
                if (answer["type"] is null && answer["allOf"]?[1]?["properties"]?["result"] is not JsonObject { Count: > 0 })
                {
                    silent.Add($"{method} {path} does not say what it answers");
                }

                var takesNothing = s_withoutBody.Any(end => path.EndsWith(end, StringComparison.Ordinal));
                if (method is "post" or "put" or "patch" && operation["requestBody"] is null != takesNothing)
                {
                    silent.Add($"{method} {path} {(takesNothing ? "takes nothing" : "does not say what it takes")}");
                }
            }
        }

        Assert.Empty(silent);
    }

    // What is read of a query is noted, and what is answered held against the document, at every call of every test: here is one of each GET route.
    [Fact]
    public async Task EveryParameterThatAReadLooksAt_IsDescribed()
    {
        foreach (var (path, _) in (await DocumentAsync())["paths"]!.AsObject().Where(entry => entry.Value!["get"] is not null))
        {
            var asked = path.Replace("{account}", "default", StringComparison.Ordinal).Replace("{version}", "1", StringComparison.Ordinal)
                .Replace("{from}", "1", StringComparison.Ordinal).Replace("{to}", "1", StringComparison.Ordinal);
            asked = string.Join('/', asked.Split('/').Select(part => part.StartsWith('{') ? Guid.Empty.ToString() : part));
            using var answer = await host.Api.GetAsync(asked + (path.EndsWith("/as_of", StringComparison.Ordinal) ? "?time=2000-01-01" : path.EndsWith("/diff", StringComparison.Ordinal) ? "?from=2000-01-01&to=2000-01-02" : ""));
            Assert.NotEqual(HttpStatusCode.InternalServerError, answer.StatusCode);
        }
    }

    // The members of a schema, through what it refers to.
    private static (HashSet<string> Properties, HashSet<string> Required) Schema(JsonNode document, JsonNode schema, string? inside = null)
    {
        var (properties, required) = (new HashSet<string>(), new HashSet<string>());
        if ((string?)schema["$ref"] is { } reference)
        {
            schema = reference.Split('/').Skip(1).Aggregate(document, (node, part) => node[part]!);
        }

        if (inside is not null && schema["properties"]?[inside] is { } inner && (inner["$ref"] is not null || inner["properties"] is not null))
        {
            return Schema(document, inner);
        }

        foreach (var part in schema["allOf"]?.AsArray() ?? [])
        {
            var found = Schema(document, part!, inside);
            properties.UnionWith(found.Properties);
            required.UnionWith(found.Required);
        }

        if (inside is null)
        {
            properties.UnionWith((schema["properties"] as JsonObject)?.Select(member => member.Key) ?? []);
            required.UnionWith(schema["required"]?.AsArray().Select(member => (string)member!) ?? []);
        }

        return (properties, required);
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
