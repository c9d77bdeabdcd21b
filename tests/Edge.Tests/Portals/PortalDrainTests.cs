using ManagedOAuth.Edge.Hosting;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>The end of an edge (SIGTERM): streams that wait end cleanly and at once, calls under way are finished, and nothing is waited for without an end.</summary>
public sealed class PortalDrainTests(World world) : LongToolTests(world, "drain", new LongTool())
{
    [Fact]
    public async Task StreamsEndCleanly_AndCallsUnderWayAreFinished()
    {
        await using var edge = await Portal.StartEdgeAsync(null, new KeyValuePair<string, string?>("Edge:DrainTimeout", "00:01:00"));
        Portal.Port = edge.Port;
        var token = Portal.Token();
        var session = await Portal.InitializeAsync(token);
        await using var listening = await Portal.ListenAsync(token, session);
        await using var subscribed = await Portal.OpenStatelessAsync(token, "subscriptions/listen", """{"notifications":{"toolsListChanged":true} }""");
        await subscribed.NextAsync();
        var (call, _) = await LongTool.BeginAsync(Portal, token, session);

        var stopped = edge.App.StopAsync();

        // As a complete answer each: a client connects again, and takes nothing for a fault.
        await Assert.ThrowsAsync<EndOfStreamException>(() => listening.NextAsync().WaitAsync(Eventually.DefaultDeadline));
        Assert.True((await subscribed.ResponseAsync().WaitAsync(Eventually.DefaultDeadline)).Json.TryGetProperty("result", out _));
        await Assert.ThrowsAsync<EndOfStreamException>(() => subscribed.NextAsync().WaitAsync(Eventually.DefaultDeadline));
        await Eventually.Async(async () => await Record.ExceptionAsync(() => Portal.RpcAsync(token, session, "ping")) is HttpRequestException);
        Assert.False(stopped.IsCompleted);

        Long.Release();
        Assert.Equal("long", await LongTool.ResultOfAsync(call));
        await call.DisposeAsync();
        await stopped.WaitAsync(Eventually.DefaultDeadline);
    }

    // What is told at the end has a few seconds: where a slow machine needs longer, another edge is stopped.
    [Fact]
    public Task CallThatNeverEnds_IsCutOffAfterTheTimeForDraining_AndWhatHappenedIsStillTold() => Eventually.Passes(async () =>
    {
        await using var edge = await Portal.StartEdgeAsync(settings: new KeyValuePair<string, string?>("Edge:DrainTimeout", "00:00:01"));
        Portal.Port = edge.Port;
        var grant = Guid.NewGuid();
        var token = Portal.Token(grant: grant);
        var (call, _) = await LongTool.BeginAsync(Portal, token, await Portal.InitializeAsync(token));
        Assert.Equal(TimeSpan.FromSeconds(1) + DrainEnd.Reserve, edge.Get<IOptions<HostOptions>>().Value.ShutdownTimeout);
        await edge.App.StopAsync().WaitAsync(Eventually.DefaultDeadline);

        // There was time left to tell of it.
        Assert.Contains(World.PortalLog.Entries, entry => entry.GrantId == grant.ToString() && entry.Tool == "long");
        Assert.NotNull(await Record.ExceptionAsync(() => LongTool.ResultOfAsync(call)));
        await call.DisposeAsync();
    });
}
