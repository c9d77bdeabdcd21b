using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace ManagedOAuth.Config.Tests.Portals;

/// <summary>What a server is shown goes to that server alone.</summary>
[Collection(ConfigCollection.Name)]
public sealed class SyncOriginTests(ConfigHost host) : ReadServerTests(host)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SseServer_ThatNamesAnotherPlaceForMessages_GetsThemOnlyAtItsOwnOrigin(bool isElsewhere)
    {
        await using var elsewhere = await UpstreamServer.StartAsync();
        var received = 0;
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = Path.GetTempPath() });
        builder.WebHost.UseUrls($"http://127.0.0.1:{FreePort.Next()}");
        await using var server = builder.Build();
        server.MapGet("/sse", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync($"event: endpoint\ndata: {(isElsewhere ? elsewhere.Origin : "")}/mcp\n\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        server.MapPost("/mcp", (HttpContext context) =>
        {
            Interlocked.Increment(ref received);
            return Results.StatusCode(StatusCodes.Status500InternalServerError);
        });
        await server.StartAsync();

        var id = await AddAsync(server.Urls.First() + "/sse", "bearer", ""","auth_credentials":"sk-1" """);
        var read = await BecomesAsync(id, "error");
        Assert.Equal(isElsewhere, ((string)read["error"]!).Contains("not its own", StringComparison.Ordinal));
        Assert.Equal(isElsewhere, received == 0);
        Assert.Empty(elsewhere.Seen);
    }
}
