using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace ManagedOAuth.ServiceDefaults.Tests.Http;

public class BuiltEndpointsTests
{
    [Fact]
    public async Task BuildEndpoints_ReadAgain_AreTheSame()
    {
        await using var app = WebApplication.CreateSlimBuilder().Build();
        IEndpointRouteBuilder routes = app;
        var built = 0;
        app.MapGet("/first", () => "first").Add(_ => built++);
        var first = Assert.Single(routes.BuildEndpoints());
        app.MapGet("/second", () => "second").Add(_ => built++);

        var both = routes.BuildEndpoints();

        Assert.Same(both, routes.BuildEndpoints());
        Assert.Equal(both, routes.DataSources.SelectMany(source => source.Endpoints));
        Assert.Equal(["/first", "/second"], both.Cast<RouteEndpoint>().Select(endpoint => endpoint.RoutePattern.RawText));
        Assert.Same(first, both[0]);
        Assert.Equal(2, built);
    }
}
