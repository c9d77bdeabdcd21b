using System.Collections.Concurrent;
using System.Text.Json;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using ModelContextProtocol.Server;

using McpServer = ManagedOAuth.Contracts.Configuration.McpServer;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>The one stream of a server of the older SSE transport: what becomes of it when something on it goes wrong.</summary>
[Collection(WorldCollection.Name)]
public sealed class PortalChannelTests(World world) : IAsyncLifetime
{
    private const string Read = """{"name":"old_read"}""";
    private const string Ping = """{"jsonrpc":"2.0","id":"are you there","method":"ping"}""";
    private const string Cancelled = """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"nothing"} }""";
    private static readonly Func<SseServer.Stream, JsonElement, CancellationToken, Task<int?>> s_asItShould = static (_, _, _) => Task.FromResult<int?>(null);
    private readonly ConcurrentQueue<string> _pings = new();
    private int _id;
    private PortalHarness _portal = null!;
    private SseServer _server = null!;
    private string _token = null!;
    private string _session = null!;
    private McpServer _record = null!;

    public async Task InitializeAsync()
    {
        _server = await SseServer.StartAsync();
        _portal = await PortalHarness.CreateAsync(world, $"channel-{Guid.NewGuid():N}.test");

        // Its tools are read from a server like it.
        await using var twin = await McpUpstream.StartAsync("old", isStateless: false, upstream => upstream.Tools.Add(McpServerTool.Create(() => "read", new() { Name = "read" })));
        _record = await _portal.AddAsync("old", twin, record => record with { Hostname = _server.Url }, catalog: catalog => catalog with { ProtocolVersion = "2024-11-05" });
        _token = _portal.Token();
        _session = await _portal.InitializeAsync(_token);
    }

    public async Task DisposeAsync()
    {
        await _portal.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task HandshakeThatFails_LeavesNoStreamOpen()
    {
        await _portal.SetTimeoutAsync(_record, "1s");
        _server.Instead = static (_, _, _) => Task.FromResult<int?>(202);
        var errors = new List<int?>();
        await Eventually.Async(async () =>
        {
            errors.Add((await CallAsync()).ErrorCode);
            return _server.Opened >= 2;
        });
        Assert.All(errors, error => Assert.Equal(-32000, error));
        Assert.InRange(_server.Opened, 2, errors.Count);
        await Eventually.Async(() => _server.Open == 0);
    }

    // A peer that has gone without a word looks like this: messages are taken, by it or by whoever has its address, and nothing ever comes.
    [Fact]
    public Task StreamOnWhichNothingComesAnyMore_IsBegunAnew() => Eventually.Passes(async () =>
    {
        var last = await OpenAsync();
        _server.Instead = (stream, message, _) =>
        {
            Note(message);
            return Task.FromResult<int?>(stream.Number <= last ? 202 : null);
        };
        Assert.Equal("timeout", (await CallAsync()).Json.GetProperty("error").GetProperty("data").GetProperty("reason").GetString());
        await Eventually.Async(async () => (await CallAsync()).ErrorCode is null);
        await Eventually.Async(() => _server.Open == 1);
        Assert.NotEmpty(_pings);
        Assert.True(_server.Opened > last);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task StreamOfAServerThatIsThere_IsKept_HoweverLongACallTakes(bool answersPings) => Eventually.Passes(async () =>
    {
        var opened = await OpenAsync();
        _server.Instead = (stream, message, _) =>
        {
            if (!Note(message))
            {
                return Task.FromResult<int?>(202);
            }

            // One that is busy answers nothing, but its transport may say that it is there.
            stream.Breathe();
            return Task.FromResult<int?>(answersPings ? null : 202);
        };

        // One ping at a time: a call that ends while the server is still being asked starts no other.
        await Eventually.Async(async () =>
        {
            Assert.Equal(-32000, (await CallAsync()).ErrorCode);
            return _pings.Count >= 2;
        });
        _server.Instead = s_asItShould;
        await Eventually.Async(async () => (await CallAsync()).Text == "read");
        Assert.Equal((opened, 1), (_server.Opened, _server.Open));
    });

    [Theory]
    [InlineData(500)]
    [InlineData(0)]
    public Task ReplyThatTheServerDoesNotTake_StopsNothingElse(int status) => Eventually.Passes(async () =>
    {
        var opened = await OpenAsync();
        var (replied, id) = (0, "");
        _server.Instead = async (stream, message, cancellation) =>
        {
            if (Method(message) == "tools/call" && Volatile.Read(ref replied) == 0)
            {
                id = message.GetProperty("id").GetRawText();
                stream.Say(Ping);
                return 202;
            }

            if (!message.TryGetProperty("result", out _))
            {
                return null;
            }

            Interlocked.Increment(ref replied);
            stream.Say($$"""{"jsonrpc":"2.0","id":{{id}},"result":{"content":[{"type":"text","text":"read"}]} }""");
            if (status == 0)
            {
                // It never says whether it took it.
                await Task.Delay(Timeout.Infinite, cancellation).ContinueWith(static _ => { }, TaskScheduler.Default);
            }

            return status;
        };

        // What is said after it is heard, unless the server has been silent for too long until then.
        var answer = await CallAsync();
        Assert.True(status == 0 || answer.Text == "read", answer.Body);
        Assert.Equal(1, Volatile.Read(ref replied));
        await Eventually.Async(async () => (await CallAsync()).ErrorCode is null);
        Assert.Equal(opened, _server.Opened);
    });

    [Fact]
    public Task MessageThatTheServerDoesNotTake_HoldsNobodyUp() => Eventually.Passes(async () =>
    {
        var opened = await OpenAsync();
        var held = 0;
        _server.Instead = async (_, message, cancellation) =>
        {
            if (Method(message) != "notifications/cancelled")
            {
                return null;
            }

            Interlocked.Increment(ref held);
            await Task.Delay(Timeout.Infinite, cancellation).ContinueWith(static _ => { }, TaskScheduler.Default);
            return 202;
        };
        var answer = await _portal.PostAsync(_token, Cancelled, ("Mcp-Session-Id", _session)).WaitAsync(Eventually.DefaultDeadline);
        Assert.Equal((202, 1), (answer.Status, Volatile.Read(ref held)));
        Assert.Equal("read", (await CallAsync()).Text);
        Assert.Equal(opened, _server.Opened);
    });

    // Until a call was answered on a stream the server has time; from then on it may be silent for a second. A machine that stands still for as long makes
    // any server a silent one: what a test says of a server that is there has to be so once.
    private async Task<int> OpenAsync()
    {
        _server.Instead = s_asItShould;
        await _portal.SetTimeoutAsync(_record, "60s");
        await Eventually.Async(async () => (await CallAsync()).Text == "read");
        await _portal.SetTimeoutAsync(_record, "1s");
        _pings.Clear();
        return _server.Opened;
    }

    private static string? Method(JsonElement message) => message.TryGetProperty("method", out var method) ? method.GetString() : null;

    private bool Note(JsonElement message)
    {
        if (Method(message) != "ping")
        {
            return false;
        }

        _pings.Enqueue("ping");
        return true;
    }

    private Task<PortalAnswer> CallAsync() => _portal.RpcAsync(_token, _session, "tools/call", Read, $"{Interlocked.Increment(ref _id)}");
}
