using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>What others can do to a user's streams: nothing (attacks M03, M19).</summary>
[Collection(WorldCollection.Name)]
public sealed class PortalStreamTests(World world) : IAsyncLifetime
{
    private readonly LongTool _long = new();
    private McpUpstream _upstream = null!;
    private PortalHarness _portal = null!;

    public async Task InitializeAsync()
    {
        _upstream = await McpUpstream.StartAsync("things", isStateless: false, upstream => upstream.Tools.Add(_long.Create()));
        _portal = await PortalHarness.CreateAsync(world, $"stream-{Guid.NewGuid():N}.test");
        await _portal.AddAsync("things", _upstream);
    }

    public async Task DisposeAsync()
    {
        _long.Release();
        await _portal.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task TamperedEventId_RepeatsNothing_AndAnEndedTokenOpensNothing()
    {
        var grant = Guid.NewGuid();
        var token = _portal.Token(grant: grant);
        var session = await _portal.InitializeAsync(token);
        var last = await LongTool.BreakAsync(_portal, token, session);

        // Each opens a stream that tells nothing of what was.
        _long.Release();
        foreach (var tampered in new[] { "1" + last, last + "9", "../" + last, last.Replace('-', '_'), new string('1', 4000), "-1", "-" })
        {
            await using var stream = await _portal.ListenAsync(token, session, tampered);
            Assert.Equal(200, stream.Status);
            var nothing = await Record.ExceptionAsync(() => stream.NextAsync().WaitAsync(TimeSpan.FromMilliseconds(300)));
            Assert.True(nothing is TimeoutException or EndOfStreamException, $"{tampered}: {nothing}");
        }

        // After the end of the grant the right id opens nothing; with another login of the same user it does.
        world.Tokens.Revoke(grant);
        await Eventually.Async(async () => (await _portal.RpcAsync(token, session, "ping")).Status == 401);
        await using var ended = await _portal.ListenAsync(token, session, last);
        Assert.Equal(401, ended.Status);
        await using var resumed = await _portal.ListenAsync(_portal.Token(), session, last);
        Assert.Equal("long", await LongTool.ResultOfAsync(resumed));
    }

    [Fact]
    public async Task StreamOfAUser_IsUnharmedByWhatAnotherTriesWithItsSession()
    {
        var (alice, bob) = (_portal.Token(), _portal.Token("bob@example.com"));
        var session = await _portal.InitializeAsync(alice);
        var (call, _) = await LongTool.BeginAsync(_portal, alice, session);
        foreach (var body in new[]
        {
            """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7} }""",
            """{"jsonrpc":"2.0","id":7,"result":{} }""",
            """{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"things_long"} }""",
        })
        {
            Assert.Equal(404, (await _portal.PostAsync(bob, body, ("Mcp-Session-Id", session))).Status);
        }

        using var http = _portal.Http(bob);
        http.DefaultRequestHeaders.Add("Mcp-Session-Id", session);
        Assert.Equal(404, (int)(await http.DeleteAsync($"http://{_portal.Host}/mcp")).StatusCode);
        _long.Release();
        Assert.Equal("long", await LongTool.ResultOfAsync(call));
        await call.DisposeAsync();
    }
}
