using System.Text.RegularExpressions;
using ManagedOAuth.Edge.Portals.Sessions;
using ManagedOAuth.Edge.Portals.Streams;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>The page with the switches of a session: it changes that session and no other, for its own user.</summary>
[Collection(WorldCollection.Name)]
public sealed partial class PortalSwitchTests(World world) : IAsyncLifetime
{
    private McpUpstream _upstream = null!;
    private PortalHarness _portal = null!;

    public async Task InitializeAsync()
    {
        _upstream = await McpUpstream.StartAsync("things", isStateless: true, upstream => upstream.Tools.Add(McpServerTool.Create(() => "read", new() { Name = "read", Description = "Reads." })));
        _portal = await PortalHarness.CreateAsync(world, $"switch-{Guid.NewGuid():N}.test");
        await _portal.AddAsync("things", _upstream, record => record with { Name = "<b>Things</b>" });
        await _portal.AddAsync("others", _upstream);
    }

    public async Task DisposeAsync()
    {
        await _portal.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task User_SwitchesAServerOffAndOn_AndTheListeningClientIsTold()
    {
        var token = _portal.Token();
        var (session, other) = (await _portal.InitializeAsync(token), await _portal.InitializeAsync(token));
        await using var stream = await _portal.ListenAsync(token, session);
        var path = await PathAsync(token, session);
        var (status, page) = await SendAsync("alice@example.com", path);
        Assert.Equal(200, status);
        Assert.Contains("&lt;b&gt;Things&lt;/b&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", page, StringComparison.Ordinal);
        Assert.Contains("<strong>raw</strong>", page, StringComparison.Ordinal);

        Assert.Equal(303, (await SaveAsync(path, page, "others")).Status);
        Assert.Equal(["others_read"], await ToolsAsync(token, session));
        Assert.Equal(["things_read", "others_read"], await ToolsAsync(token, other));

        // At the latest with the next look at what was switched elsewhere.
        var told = await stream.NextAsync().WaitAsync(TimeSpan.FromMinutes(2));
        Assert.Equal("notifications/tools/list_changed", told.Json.GetProperty("method").GetString());
        page = (await SendAsync("alice@example.com", path)).Page;
        Assert.Single(Checked().Matches(page));

        Assert.Equal(303, (await SaveAsync(path, page, "others", "things")).Status);
        Assert.Equal(["things_read", "others_read"], await ToolsAsync(token, session));
    }

    [Fact]
    public async Task Save_ChangesWhatTheUserChangedAlone()
    {
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        var path = await PathAsync(token, session);
        var (_, page) = await SendAsync("alice@example.com", path);

        // Since the page was made the client has switched one off, and a server has come.
        await _portal.RpcAsync(token, session, "tools/call", """{"name":"portal_toggle_single_server","arguments":{"server_id":"things","action":"untoggle"} }""");
        await _portal.AddAsync("newer", _upstream);
        Assert.Equal(303, (await SaveAsync(path, page, "things")).Status);
        Assert.Equal(["newer_read"], await ToolsAsync(token, session));
    }

    [Fact]
    public async Task ClientThatListensAtAnotherReplica_IsToldAtItsNextLook()
    {
        await using var second = await _portal.StartEdgeAsync();
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        await using var stream = await _portal.ListenAsync(token, session);
        var heard = stream.NextAsync();
        _portal.Port = second.Port;
        await _portal.RpcAsync(token, session, "tools/call", """{"name":"portal_toggle_single_server","arguments":{"server_id":"things","action":"untoggle"} }""");
        await Eventually.Async(async () =>
        {
            await world.Edge.Get<Listeners>().CatchUpAsync(world.Edge.Get<PortalSessionStore>(), default);
            return heard.IsCompleted;
        });
        Assert.Equal("notifications/tools/list_changed", (await heard).Json.GetProperty("method").GetString());
    }

    [Fact]
    public async Task Page_IsForTheSessionsUserAlone_AndTakesNoForgedForm()
    {
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        var path = await PathAsync(token, session);
        var (_, page) = await SendAsync("alice@example.com", path);
        foreach (var wrong in new[] { "", TokenOf(page)[1..] + "0", new string('0', 64) })
        {
            Assert.Equal(403, (await SendAsync("alice@example.com", path, ("csrf", wrong))).Status);
        }

        Assert.Equal(404, (await SendAsync("bob@example.com", path)).Status);
        Assert.Equal(404, (await SendAsync("bob@example.com", path, ("csrf", TokenOf(page)))).Status);
        await Eventually.Async(async () => (await SendAsync("alice@example.com", "/switches?session=" + new string('0', 64))).Status == 404);
        foreach (var reference in new[] { session, "", new string('0', 4000), path.Split('=')[1].ToUpperInvariant() + "x" })
        {
            Assert.Equal(404, (await SendAsync("alice@example.com", "/switches?session=" + reference)).Status);
        }

        // Nobody is led to the login; a client's token opens no page.
        foreach (var (bearer, status) in new (string? Bearer, int Status)[] { (null, 302), (token, 403) })
        {
            using var http = _portal.Http(bearer);
            http.DefaultRequestHeaders.Accept.ParseAdd("text/html");
            using var answer = await http.GetAsync($"http://{_portal.Host}{path}");
            Assert.Equal(status, (int)answer.StatusCode);
        }

        Assert.Equal(["things_read", "others_read"], await ToolsAsync(token, session));
        Assert.DoesNotContain(session, page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClientWithoutSession_IsToldThatThereIsNothingToSwitch()
    {
        var text = (await _portal.RpcAsync(_portal.Token(), null, "tools/call", """{"name":"portal_toggle_servers"}""")).Text;
        Assert.Contains("no sessions", text, StringComparison.Ordinal);
        Assert.DoesNotContain("/switches", text, StringComparison.Ordinal);
    }

    private async Task<string> PathAsync(string token, string session)
        => Address().Match((await _portal.RpcAsync(token, session, "tools/call", """{"name":"portal_toggle_servers"}""")).Text) is { Success: true } found
            ? new Uri(found.Value).PathAndQuery
            : throw new InvalidOperationException("The tool names no page.");

    private async Task<string[]> ToolsAsync(string token, string session)
        => [.. (await _portal.RpcAsync(token, session, "tools/list", id: "9")).Json.GetProperty("result").GetProperty("tools").EnumerateArray()
            .Select(tool => tool.GetProperty("name").GetString()!).Where(name => !name.StartsWith("portal_", StringComparison.Ordinal))];

    // A browser with the session of this user at the portal; a form when there are fields.
    private async Task<(int Status, string Page)> SendAsync(string email, string path, params (string Name, string Value)[] fields)
    {
        using var http = _portal.Http();
        using var request = new HttpRequestMessage(fields.Length == 0 ? HttpMethod.Get : HttpMethod.Post, $"http://{_portal.Host}{path}");
        request.Headers.Accept.ParseAdd("text/html");
        request.Headers.Add("Cookie", $"CF_Authorization={Assertion(email)}");
        request.Content = fields.Length == 0 ? null : new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        using var answer = await http.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    // As a browser sends the page's form when these boxes are checked.
    private Task<(int Status, string Page)> SaveAsync(string path, string page, params string[] on)
        => SendAsync("alice@example.com", path, [("csrf", TokenOf(page)), .. Shown().Matches(page).Select(field => (field.Groups[1].Value, field.Groups[2].Value)), .. on.Select(id => ("on", id))]);

    private readonly Dictionary<string, string> _assertions = [];

    // One browser session each.
    private string Assertion(string email) => _assertions.TryGetValue(email, out var known) ? known
        : _assertions[email] = world.Tokens.Assertion(_portal.Application, Guid.NewGuid(), email, change: claims => claims["sub"] = PortalHarness.UserId(email).ToString());

    private static string TokenOf(string page) => Csrf().Match(page).Groups[1].Value;

    [GeneratedRegex(@"https?://\S+/switches\?session=[0-9a-f]{64}")]
    private static partial Regex Address();

    [GeneratedRegex("name=\"csrf\" value=\"([^\"]+)\"")]
    private static partial Regex Csrf();

    [GeneratedRegex("type=\"hidden\" name=\"(shown-[a-z]+)\" value=\"([^\"]+)\"")]
    private static partial Regex Shown();

    [GeneratedRegex(" checked ")]
    private static partial Regex Checked();
}
