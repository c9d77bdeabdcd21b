using System.Globalization;
using System.Text;
using ManagedOAuth.Edge.Portals.Sessions;
using ManagedOAuth.Edge.Portals.Streams;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>What others can do to a user's streams: nothing (attacks M03, M19).</summary>
public sealed class PortalStreamTests(World world) : LongToolTests(world, "stream", new LongTool())
{
    [Fact]
    public async Task TamperedEventId_RepeatsNothing_AndAnEndedTokenOpensNothing()
    {
        var grant = Guid.NewGuid();
        var token = Portal.Token(grant: grant);
        var session = await Portal.InitializeAsync(token);
        var last = await LongTool.BreakAsync(Portal, token, session);

        // Each opens a stream that tells nothing of what was.
        Long.Release();
        foreach (var tampered in new[] { "1" + last, last + "9", "../" + last, last.Replace('-', '_'), new string('1', 4000), "-1", "-" })
        {
            await using var stream = await Portal.ListenAsync(token, session, tampered);
            Assert.Equal(200, stream.Status);
            var nothing = await Record.ExceptionAsync(() => stream.NextAsync().WaitAsync(TimeSpan.FromMilliseconds(300)));
            Assert.True(nothing is TimeoutException or EndOfStreamException, $"{tampered}: {nothing}");
        }

        // Another login of the same user may take it up. After the end of the grant that began the session the right id opens nothing, with any login.
        await using var resumed = await Portal.ListenAsync(Portal.Token(), session, last);
        Assert.Equal("long", await LongTool.ResultOfAsync(resumed));
        World.Tokens.Revoke(grant);
        await Eventually.Async(async () => (await Portal.RpcAsync(token, session, "ping")).Status == 401);
        await using var ended = await Portal.ListenAsync(token, session, last);
        Assert.Equal(401, ended.Status);
        await Eventually.Async(async () => (await Portal.RpcAsync(Portal.Token(), session, "ping")).Status == 404);
    }

    // M22: not even what the client said of itself is left in Redis. The user's other sessions stay.
    [Fact]
    public async Task EndedGrant_LeavesNothingOfItsSessions()
    {
        var grant = Guid.NewGuid();
        var (ended, kept) = (await Portal.InitializeAsync(Portal.Token(grant: grant)), await Portal.InitializeAsync(Portal.Token()));
        Assert.NotEmpty((await StoredAsync(ended))!);
        World.Tokens.Revoke(grant);
        await Eventually.Async(async () => await StoredAsync(ended) is null or { Length: 0 });
        Assert.Equal(404, (await Portal.RpcAsync(Portal.Token(), ended, "ping")).Status);
        Assert.NotEmpty((await StoredAsync(kept))!);
        Assert.Equal(200, (await Portal.RpcAsync(Portal.Token(), kept, "ping")).Status);

        Task<byte[]?> StoredAsync(string session) => World.Edge.Get<IHotStore>().GetAsync("portal:session:" + PortalSessionStore.ReferenceOf(session), default);
    }

    // Its user may listen with another login than the one that it was begun with.
    [Fact]
    public async Task SessionThatEnds_EndsTheStreamsOfOtherLoginsToo()
    {
        var grant = Guid.NewGuid();
        var (session, other) = (await Portal.InitializeAsync(Portal.Token(grant: grant)), Portal.Token());
        await using var listening = await Portal.ListenAsync(other, session);
        var heard = Record.ExceptionAsync(() => listening.NextAsync());
        World.Tokens.Revoke(grant);
        await Eventually.Async(async () =>
        {
            await World.Edge.Get<Listeners>().CatchUpAsync(World.Edge.Get<PortalSessionStore>(), default);
            return heard.IsCompleted;
        });
        Assert.IsType<EndOfStreamException>(await heard);
        await using var again = await Portal.ListenAsync(other, session);
        Assert.Equal(404, again.Status);
    }

    // All of them at once, and again, which is what clients do at worst: somebody else is served as ever. Ten users, because each may listen on 256 streams.
    [Fact]
    public async Task ThousandStreamsWhoseGrantsEnd_ComeBackAtOnce_AndHinderNobody()
    {
        var grants = Enumerable.Range(0, 10).Select(_ => Guid.NewGuid()).ToList();
        var (other, own) = (Portal.Token(), await Portal.InitializeAsync(Portal.Token()));
        var open = (await Task.WhenAll(grants.Select(async (grant, number) =>
        {
            var token = Portal.Token($"listener{number}@example.com", grant);
            var session = await Portal.InitializeAsync(token);
            return await Task.WhenAll(Enumerable.Range(0, 100).Select(async _ => (Token: token, Session: session, Stream: await Portal.ListenAsync(token, session))));
        }))).SelectMany(streams => streams).ToList();
        Assert.All(open, listener => Assert.Equal(200, listener.Stream.Status));

        grants.ForEach(grant => World.Tokens.Revoke(grant));
        var back = Task.WhenAll(open.Select(async listener =>
        {
            var end = await Record.ExceptionAsync(() => listener.Stream.NextAsync().WaitAsync(Eventually.DefaultDeadline));
            Assert.True(end is not (null or TimeoutException), end?.ToString());
            await listener.Stream.DisposeAsync();
            await using var refused = await Portal.ListenAsync(listener.Token, listener.Session);
            Assert.Equal(401, refused.Status);
        }));
        do
        {
            var answer = await Portal.RpcAsync(other, own, "tools/list").WaitAsync(Eventually.DefaultDeadline);
            Assert.Equal(200, answer.Status);
            Assert.Null(answer.ErrorCode);
        }
        while (!back.IsCompleted);

        await back;
    }

    // What breaks for many at one moment is not to come back at one moment.
    [Fact]
    public async Task EventStream_SaysWhenToComeBack_EachAnotherTime()
    {
        var token = Portal.Token();
        var times = new List<int>();
        for (var i = 0; i < 8; i++)
        {
            var begun = await FirstLinesAsync("2025-11-25");
            times.Add(int.Parse(begun.Single(line => line.StartsWith("retry: ", StringComparison.Ordinal))[7..], CultureInfo.InvariantCulture));
        }

        Assert.All(times, time => Assert.InRange(time, 1000, 5000));
        Assert.True(times.Distinct().Count() > 1, string.Join(' ', times));

        // Older clients take an event without data for a message that is none.
        Assert.DoesNotContain(await FirstLinesAsync("2025-06-18"), line => line.StartsWith("retry", StringComparison.Ordinal));

        async Task<List<string>> FirstLinesAsync(string revision)
        {
            var session = await Portal.InitializeAsync(token, revision);
            using var http = Portal.Http(token);
            using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{Portal.Host}/mcp")
            {
                Content = new StringContent("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"things_long","_meta":{"progressToken":"p"} } }""", Encoding.UTF8, "application/json"),
            };
            request.Headers.Add("Mcp-Session-Id", session);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            var lines = new List<string>();
            while (lines.Count == 0 || !lines[^1].StartsWith("data: {", StringComparison.Ordinal))
            {
                lines.Add((await reader.ReadLineAsync())!);
            }

            return lines;
        }
    }

    [Theory]
    [InlineData("2025-06-18")]
    [InlineData("2025-03-26")]
    public async Task BrokenStream_IsTakenUp_InOlderRevisionsToo(string revision)
    {
        var token = Portal.Token();
        var session = await Portal.InitializeAsync(token, revision);
        var last = await LongTool.BreakAsync(Portal, token, session);
        Long.Release();
        await using var rest = await Portal.ListenAsync(token, session, last);
        Assert.Equal("long", await LongTool.ResultOfAsync(rest));
    }

    [Fact]
    public async Task StreamOfAUser_IsUnharmedByWhatAnotherTriesWithItsSession()
    {
        var (alice, bob) = (Portal.Token(), Portal.Token("bob@example.com"));
        var session = await Portal.InitializeAsync(alice);
        var (call, _) = await LongTool.BeginAsync(Portal, alice, session);
        foreach (var body in new[]
        {
            """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7} }""",
            """{"jsonrpc":"2.0","id":7,"result":{} }""",
            """{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"thingsLong"} }""",
        })
        {
            Assert.Equal(404, (await Portal.PostAsync(bob, body, ("Mcp-Session-Id", session))).Status);
        }

        using var http = Portal.Http(bob);
        http.DefaultRequestHeaders.Add("Mcp-Session-Id", session);
        Assert.Equal(404, (int)(await http.DeleteAsync($"http://{Portal.Host}/mcp")).StatusCode);
        Long.Release();
        Assert.Equal("long", await LongTool.ResultOfAsync(call));
        await call.DisposeAsync();
    }
}
