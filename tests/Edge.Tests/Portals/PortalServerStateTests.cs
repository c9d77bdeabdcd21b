using System.Text.Json;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.ServerReadings;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Http;
using ModelContextProtocol.Server;
using Reading = ManagedOAuth.Contracts.ServerReadings.ReadingState.Types.State;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>What clients hear of servers that are not there, and what Config hears of servers that have changed.</summary>
public sealed class PortalServerStateTests(World world) : PortalTests(world, "states", upstream =>
{
    upstream.Tools.Add(McpServerTool.Create(() => "read", new() { Name = "read" }));
    upstream.Prompts.Add(McpServerPrompt.Create(() => "Hello", new() { Name = "greet" }));
})
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ListThatLacksAServer_SaysWhichAndWhy_ToThoseWhoSeeIt(bool hasSession)
    {
        await Portal.AddAsync("things", Upstream);
        await AddUnreadAsync("broken", new ReadingState { State = Reading.Error, Cause = "It answered 500." });
        await AddUnreadAsync("hers", new ReadingState { State = Reading.Waiting, Cause = "Nobody has connected it." }, World.Allow(new Rule.Email("alice@example.com")));
        var bob = Portal.Token("bob@example.com");
        var session = hasSession ? await Portal.InitializeAsync(bob) : null;
        foreach (var method in new[] { "tools/list", "prompts/list", "resources/list", "resources/templates/list" })
        {
            // The edge waits two seconds for the states, and does without them for five more.
            await Eventually.Passes(async () =>
            {
                var answer = await Portal.RpcAsync(bob, session, method, id: $"\"{method}\"");
                var left = Assert.Single(LeftOut(answer));
                Assert.Equal(("broken", "error", "It answered 500."), (Text(left, "server_id"), Text(left, "state"), Text(left, "cause")));
                Assert.DoesNotContain("hers", answer.Body, StringComparison.Ordinal);
            });
        }

        Assert.Equal(2, LeftOut(await Portal.RpcAsync(Portal.Token(), null, "tools/list")).Count);
        var discovered = (await Portal.RpcAsync(bob, null, "server/discover")).Json.GetProperty("result").GetProperty("instructions").GetString();
        Assert.Contains("Not available now: BROKEN.", discovered, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WholeList_SaysNothing()
    {
        await Portal.AddAsync("things", Upstream);
        var token = Portal.Token();
        Assert.False((await Portal.RpcAsync(token, await Portal.InitializeAsync(token), "tools/list")).Json.GetProperty("result").TryGetProperty("_meta", out _));
    }

    [Fact]
    public async Task ServersThatSomebodySees_AreListedWithTheirState_AndWhatToDo()
    {
        var ready = await Portal.AddAsync("ready", Upstream);
        World.Readings.Known[ready.Id] = new ReadingState { ServerId = ready.Id.ToString(), State = Reading.Ready };
        await Portal.AddAsync("own", Upstream, record => record with { AuthType = McpAuthType.Oauth }, settings => settings with { OnBehalf = true });
        await Portal.AddAsync("shared", Upstream, record => record with { AuthType = McpAuthType.Oauth }, settings => settings with { OnBehalf = false });
        await AddUnreadAsync("waiting", null);
        await AddUnreadAsync("hers", null, World.Allow(new Rule.Email("alice@example.com")));

        // The edge waits two seconds for the states, and does without them for five more.
        await Eventually.Passes(async () =>
        {
            var answer = await Portal.RpcAsync(Portal.Token("bob@example.com"), null, "tools/call", """{"name":"portal_list_servers"}""");
            var servers = JsonDocument.Parse(answer.Text).RootElement.EnumerateArray().ToDictionary(server => Text(server, "server_id"));
            Assert.Equal(["own", "ready", "shared", "waiting"], servers.Keys.Order());
            Assert.Equal(("ready", 1), (Text(servers["ready"], "state"), servers["ready"].GetProperty("tools").GetInt32()));
            Assert.Equal("needs_login", Text(servers["own"], "state"));
            Assert.Matches($"^https://{Portal.Host}/authorize\\?elicitationId=[0-9a-f]+\\.[0-9a-f]{{32}}&server=own$", Text(servers["own"], "url"));
            Assert.Equal(("waiting", "An administrator has to connect it first."), (Text(servers["shared"], "state"), Text(servers["shared"], "cause")));
            Assert.False(servers["shared"].TryGetProperty("url", out _));
            Assert.Equal(("waiting", "It has not been read yet."), (Text(servers["waiting"], "state"), Text(servers["waiting"], "cause")));
        });
    }

    [Fact]
    public async Task CancelledQuestionForStates_IsAnsweredAsCancelled()
    {
        await Portal.AddAsync("own", Upstream, record => record with { AuthType = McpAuthType.Oauth }, settings => settings with { OnBehalf = true });
        var token = Portal.Token();
        var session = await Portal.InitializeAsync(token);

        // The cancellation has to come within the two seconds that the edge waits for the states.
        await Eventually.Passes(async () =>
        {
            var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            World.Upstreams.Hold = asked;
            var call = Portal.RpcAsync(token, session, "tools/call", """{"name":"portal_list_servers"}""", id: "\"c\"");
            await asked.Task;
            await Portal.PostAsync(token, """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"c"} }""", ("Mcp-Session-Id", session));
            Assert.Contains("was cancelled", (await call).Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        });
    }

    // On the stream of its own as well as in the answer to a call; however often it says so.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ServerWhoseListsChange_IsReadAgain_AndItsWordAloneReachesNoClient(bool isListening)
    {
        var record = await Portal.AddAsync("things", Upstream);
        Upstream.Instead = async context =>
        {
            var isCall = context.Request.Headers["Mcp-Method"] == "tools/call";
            if (!isCall && context.Request.Method != "GET")
            {
                return false;
            }

            using var call = isCall ? await JsonDocument.ParseAsync(context.Request.Body) : null;
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.FlushAsync();
            if (isListening != isCall)
            {
                for (var i = 0; i < 50; i++)
                {
                    await context.Response.WriteAsync("data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}\n\n");
                }
            }

            if (isCall)
            {
                var id = call!.RootElement.GetProperty("id").GetRawText();
                await context.Response.WriteAsync("data: {\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"done\"}]}}\n\n");
            }
            else
            {
                await context.Response.Body.FlushAsync();
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
            }

            return true;
        };
        World.Readings.Failures = 1;
        var token = Portal.Token();
        var session = await Portal.InitializeAsync(token);
        var answer = await Portal.RpcAsync(token, session, "tools/call", """{"name":"things_read"}""");
        Assert.Equal("done", answer.Text);
        Assert.DoesNotContain("list_changed", answer.Body, StringComparison.Ordinal);
        await Eventually.Async(() => World.Readings.Heard.Any(heard => heard == (record.Id, HeardServer.Types.Reason.ListsChanged)));
        Assert.InRange(World.Readings.Heard.Count(heard => heard.Server == record.Id), 1, 10);
    }

    [Theory]
    [InlineData(McpAuthType.Bearer, "no longer accepts the portal's credential")]
    [InlineData(McpAuthType.Oauth, "The shared login at")]
    public async Task SharedCredentialThatIsRefused_IsToldToConfigAtOnce(McpAuthType type, string message)
    {
        Upstream.Tokens.Add("good");
        var record = await Portal.AddAsync("things", Upstream, record => record with { AuthType = type }, settings => settings with { OnBehalf = false });
        World.Upstreams.Tokens[(record.Id, "")] = "ended";
        var answer = await Portal.RpcAsync(Portal.Token(), null, "tools/call", """{"name":"things_read"}""");
        Assert.Contains(message, answer.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        await Eventually.Async(() => World.Readings.Heard.Any(heard => heard == (record.Id, HeardServer.Types.Reason.CredentialRefused)));
    }

    private async Task AddUnreadAsync(string id, ReadingState? reading, params Policy[] policies)
    {
        var record = await Portal.AddAsync(id, Upstream, policies: policies);
        if (reading is not null)
        {
            reading.ServerId = record.Id.ToString();
            World.Readings.Known[record.Id] = reading;
        }

        World.Configuration.Delete("mcp_catalog", McpCatalog.IdOf(record.Id));
        await World.KnowsAsync();
    }

    private static List<JsonElement> LeftOut(PortalAnswer answer)
        => [.. answer.Json.GetProperty("result").GetProperty("_meta").GetProperty("managedoauth/leftOut").EnumerateArray()];

    private static string Text(JsonElement element, string member) => element.GetProperty(member).GetString()!;
}
