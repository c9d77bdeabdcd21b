using System.Net;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.Config.Tests.Api;

/// <summary>Every route that is mapped, by every permission there is: a new route is in it by itself.</summary>
[Collection(ConfigCollection.Name)]
public sealed class AuthorizationMatrixTests(ConfigHost host)
{
    private const string Tokens = "/client/v4/accounts/default/tokens";

    [Fact]
    public async Task EveryRoute_ByEveryPermission_IsOpenToThoseThatHoldItsOwnAlone()
    {
        var routes = Routes().ToList();
        Assert.True(routes.Count > 30, $"{routes.Count} routes");
        foreach (var permission in Enum.GetValues<ApiPermission>())
        {
            using var client = host.With(await MakeAsync(ApiPermissions.IdOf(permission)));
            var wrong = await Wrong(routes, async route =>
            {
                var answer = await SendAsync(client, route);
                var admitted = answer is not (HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized);
                return admitted == Holds(permission, route.Needed) && answer != HttpStatusCode.Unauthorized ? null : $"{permission} {route} {answer}";
            });
            Assert.Empty(wrong);
        }
    }

    [Fact]
    public void EveryRoute_NeedsThePermissionThatIsWrittenDownBesideThisTest()
    {
        var declared = Routes().Select(route => $"{route.Method} {route.Pattern} {(route.Needed is { } needed ? ApiPermissions.IdOf(needed) : "any")}").Distinct().Order(StringComparer.Ordinal).ToList();
        var written = File.ReadAllLines(Golden());
        Assert.Equal("", string.Join('\n', declared.Except(written).Select(route => $"declared, not written: {route}").Concat(written.Except(declared).Select(route => $"written, not declared: {route}"))));
    }

    [Fact]
    public async Task EveryRoute_WithoutALivingToken_Is401()
    {
        var revoked = await CreateAsync(new JsonObject { ["name"] = "revoked", ["permissions"] = new JsonArray("write") });
        Assert.Equal(HttpStatusCode.OK, (await host.Api.DeleteAsync($"{Tokens}/{revoked["id"]}")).StatusCode);

        // A machine that stood still for these seconds asks for a token that has ended already, and is refused.
        var expired = await Eventually.Async(async () => await CreateAsync(
            new JsonObject { ["name"] = "expired", ["permissions"] = new JsonArray("write"), ["expires_on"] = DateTimeOffset.UtcNow.AddSeconds(3).ToString("O") }));
        using var late = host.With((string)expired["value"]!);
        await Eventually.Async(async () => (await late.GetAsync($"{Tokens}/verify")).StatusCode == HttpStatusCode.Unauthorized);

        var address = 0;
        foreach (var token in new[] { null, "mo_api_unknown0000000000000000000000000000000000000", (string)revoked["value"]!, (string)expired["value"]! })
        {
            // Failures are limited per address, and one has nearly as many in a minute as there are routes for three tokens.
            using var client = host.With(token, new IPAddress([192, 0, 2, (byte)++address]));
            Assert.Empty(await Wrong(Routes(), async route => await SendAsync(client, route) is HttpStatusCode.Unauthorized ? null : $"{token} {route}"));
        }
    }

    [Fact]
    public async Task Route_WithoutAPermission_IsRefusedAtTheStart()
    {
        await using var app = WebApplication.CreateSlimBuilder().Build();
        app.MapGroup("/client/v4").MapGet("/open", () => "");
        Assert.Contains("/client/v4/open", Assert.Throws<InvalidOperationException>(() => app.CheckPermissions("/client/v4")).Message, StringComparison.Ordinal);
    }

    // Written from the names alone, not from the product's table.
    private static bool Holds(ApiPermission held, ApiPermission? needed)
    {
        var (has, wants) = (held.ToString(), needed?.ToString() ?? "");
        return needed is null
            || held == needed
            || held == ApiPermission.Write
            || (held == ApiPermission.Read && wants.EndsWith("Read", StringComparison.Ordinal))
            || (wants.EndsWith("Read", StringComparison.Ordinal) && has.EndsWith("Write", StringComparison.Ordinal) && wants[..^4] == has[..^5]);
    }

    private IEnumerable<Route> Routes() =>
        from endpoint in host.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().Distinct()
        let pattern = "/" + endpoint.RoutePattern.RawText!.TrimStart('/')
        where pattern.StartsWith("/client/v4", StringComparison.Ordinal)
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET", "POST"]
        select new Route(method, pattern, PathOf(endpoint), endpoint.Metadata.GetMetadata<RequiredPermission>()!.For(method));

    private static string PathOf(RouteEndpoint endpoint) => "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
    {
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart { Name: "account" } => "default",
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart { IsCatchAll: true } => "no/such/path",
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart parameter when parameter.ParameterPolicies.Any(policy => policy.Content == "guid") => Guid.NewGuid().ToString(),
        _ => "1",
    }))));

    private static async Task<List<string>> Wrong(IEnumerable<Route> routes, Func<Route, Task<string?>> check)
    {
        var wrong = new List<string>();
        foreach (var some in routes.Chunk(8))
        {
            wrong.AddRange((await Task.WhenAll(some.Select(check))).OfType<string>());
        }

        return wrong;
    }

    // Without a body a write goes no further than its reading: nothing is changed by the matrix.
    private static async Task<HttpStatusCode> SendAsync(HttpClient client, Route route)
    {
        using var request = new HttpRequestMessage(new HttpMethod(route.Method), route.Path);
        return (await client.SendAsync(request)).StatusCode;
    }

    private async Task<string> MakeAsync(string permission)
        => (string)(await CreateAsync(new JsonObject { ["name"] = $"matrix {permission}", ["permissions"] = new JsonArray(permission) }))["value"]!;

    private async Task<JsonNode> CreateAsync(JsonObject body)
    {
        var answer = await host.Api.PostAsJsonAsync(Tokens, body);
        var envelope = await ConfigHost.ReadAsync(answer);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, envelope.ToJsonString());
        return envelope["result"]!;
    }

    private static string Golden([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "AuthorizationMatrix.txt");

    private sealed record Route(string Method, string Pattern, string Path, ApiPermission? Needed);
}
