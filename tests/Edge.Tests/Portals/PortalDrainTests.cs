using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>The end of an edge (SIGTERM): streams that wait end cleanly and at once, calls under way are finished, and nothing is waited for without an end.</summary>
[Collection(WorldCollection.Name)]
public sealed class PortalDrainTests(World world) : IAsyncLifetime
{
    private readonly LongTool _long = new();
    private McpUpstream _upstream = null!;
    private PortalHarness _portal = null!;

    public async Task InitializeAsync()
    {
        _upstream = await McpUpstream.StartAsync("things", isStateless: false, upstream => upstream.Tools.Add(_long.Create()));
        _portal = await PortalHarness.CreateAsync(world, $"drain-{Guid.NewGuid():N}.test");
        await _portal.AddAsync("things", _upstream);
    }

    public async Task DisposeAsync()
    {
        _long.Release();
        await _portal.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task StreamsEndCleanly_AndCallsUnderWayAreFinished()
    {
        await using var edge = await _portal.StartEdgeAsync(null, new KeyValuePair<string, string?>("Edge:DrainTimeout", "00:01:00"));
        _portal.Port = edge.Port;
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        await using var listening = await _portal.ListenAsync(token, session);
        await using var subscribed = await _portal.OpenStatelessAsync(token, "subscriptions/listen", """{"notifications":{"toolsListChanged":true} }""");
        await subscribed.NextAsync();
        var (call, _) = await LongTool.BeginAsync(_portal, token, session);

        var stopped = edge.App.StopAsync();

        // As a complete answer each: a client connects again, and takes nothing for a fault.
        await Assert.ThrowsAsync<EndOfStreamException>(() => listening.NextAsync().WaitAsync(Eventually.DefaultDeadline));
        Assert.True((await subscribed.ResponseAsync().WaitAsync(Eventually.DefaultDeadline)).Json.TryGetProperty("result", out _));
        await Assert.ThrowsAsync<EndOfStreamException>(() => subscribed.NextAsync().WaitAsync(Eventually.DefaultDeadline));
        await Eventually.Async(async () => await Record.ExceptionAsync(() => _portal.RpcAsync(token, session, "ping")) is HttpRequestException);
        Assert.False(stopped.IsCompleted);

        _long.Release();
        Assert.Equal("long", await LongTool.ResultOfAsync(call));
        await call.DisposeAsync();
        await stopped.WaitAsync(Eventually.DefaultDeadline);
    }

    [Fact]
    public async Task CallThatNeverEnds_IsCutOffAfterTheTimeForDraining_AndWhatHappenedIsStillTold()
    {
        await using var edge = await _portal.StartEdgeAsync(settings: new KeyValuePair<string, string?>("Edge:DrainTimeout", "00:00:01"));
        _portal.Port = edge.Port;
        var token = _portal.Token();
        var (call, _) = await LongTool.BeginAsync(_portal, token, await _portal.InitializeAsync(token));
        await edge.App.StopAsync().WaitAsync(Eventually.DefaultDeadline);

        // There was time left to tell of it.
        Assert.Contains(world.PortalLog.Entries, entry => entry.PortalId == _portal.Portal.PortalId && entry.Tool == "long");
        Assert.NotNull(await Record.ExceptionAsync(() => LongTool.ResultOfAsync(call)));
        await call.DisposeAsync();
    }
}
