using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Edge.Tests.Harness;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>Prompts, resources and completion: what is not there for somebody is neither listed nor had by any method, and no server is asked.</summary>
[Collection(WorldCollection.Name)]
public sealed class PortalCurationTests(World world) : IAsyncLifetime
{
    private const int InvalidParams = -32602;
    private McpUpstream _upstream = null!;
    private McpUpstream _other = null!;
    private PortalHarness _portal = null!;

    public async Task InitializeAsync()
    {
        _upstream = await McpUpstream.StartAsync("things", isStateless: true, upstream =>
        {
            upstream.Prompts.Add(McpServerPrompt.Create((string who) => $"Hello {who}", new() { Name = "greet" }));
            upstream.Resources.Add(McpServerResource.Create(() => "first", new() { Name = "one", UriTemplate = "things://one" }));
            upstream.Resources.Add(McpServerResource.Create((string id) => $"item {id}", new() { Name = "item", UriTemplate = "things://item/{id}" }));
        });
        _other = await McpUpstream.StartAsync("other", isStateless: true, upstream =>
        {
            upstream.Prompts.Add(McpServerPrompt.Create(() => "other", new() { Name = "other" }));
            upstream.Resources.Add(McpServerResource.Create(() => "second", new() { Name = "two", UriTemplate = "other://two" }));
        });
        _portal = await PortalHarness.CreateAsync(world, $"curation-{Guid.NewGuid():N}.test");
        await _portal.AddAsync("other", _other);
    }

    public async Task DisposeAsync()
    {
        await _portal.DisposeAsync();
        await _upstream.DisposeAsync();
        await _other.DisposeAsync();
    }

    public enum Reason
    {
        DisabledInThePortal,
        DisabledAtTheServer,
        Quarantined,
        Hidden,
        SwitchedOff,
    }

    [Theory]
    [InlineData(Reason.DisabledInThePortal)]
    [InlineData(Reason.DisabledAtTheServer)]
    [InlineData(Reason.Quarantined)]
    [InlineData(Reason.Hidden)]
    [InlineData(Reason.SwitchedOff)]
    public async Task Prompt_IsNotThere(Reason reason)
    {
        var (token, session) = await StartAsync(reason);
        foreach (var way in Ways(reason, session))
        {
            var listed = (await _portal.RpcAsync(token, way, "prompts/list")).Body;
            Assert.Contains("other_other", listed, StringComparison.Ordinal);
            Assert.DoesNotContain("greet", listed, StringComparison.Ordinal);
            foreach (var name in new[] { "things_greet", "greet", "other_greet", "things__greet", "THINGS_greet" })
            {
                Assert.Equal(InvalidParams, (await _portal.RpcAsync(token, way, "prompts/get", $$"""{"name":"{{name}}","arguments":{"who":"x"} }""")).ErrorCode);
                Assert.Equal(InvalidParams, (await CompleteAsync(token, way, $$"""{"type":"ref/prompt","name":"{{name}}"}""")).ErrorCode);
            }
        }

        Assert.Equal(["x"], await AskedAsync(token, session));
    }

    [Theory]
    [InlineData(Reason.Hidden)]
    [InlineData(Reason.SwitchedOff)]
    public async Task ResourcesOfAServer_AreNotThere(Reason reason)
    {
        var (token, session) = await StartAsync(reason);

        // With one server of resources left, everything that nobody lists is asked there: a third one makes the URI nobody's.
        await _portal.AddAsync("third", _other);
        foreach (var way in Ways(reason, session))
        {
            Assert.DoesNotContain("things://", (await _portal.RpcAsync(token, way, "resources/list")).Body, StringComparison.Ordinal);
            Assert.DoesNotContain("things://", (await _portal.RpcAsync(token, way, "resources/templates/list")).Body, StringComparison.Ordinal);
            foreach (var uri in new[] { "things://one", "things://item/1" })
            {
                Assert.NotNull((await _portal.RpcAsync(token, way, "resources/read", $$"""{"uri":"{{uri}}"}""")).ErrorCode);
            }

            Assert.Equal(InvalidParams, (await CompleteAsync(token, way, """{"type":"ref/resource","uri":"things://item/{id}"}""")).ErrorCode);
        }

        Assert.NotNull((await _portal.RpcAsync(token, session, "resources/subscribe", """{"uri":"things://one"}""")).ErrorCode);
        Assert.Equal(["x"], await AskedAsync(token, session));
    }

    [Fact]
    public async Task Alias_IsTheOnlyName_AndTheServerIsAskedByItsOwn()
    {
        await _portal.AddAsync("things", _upstream, settings: entry => entry with { UpdatedPrompts = [new() { Name = "greet", Alias = "hello", Description = "Ours." }] });
        var token = _portal.Token();
        foreach (var way in new[] { await _portal.InitializeAsync(token), null })
        {
            var listed = (await _portal.RpcAsync(token, way, "prompts/list")).Body;
            Assert.Contains("\"things_hello\"", listed, StringComparison.Ordinal);
            Assert.Contains("Ours.", listed, StringComparison.Ordinal);
            Assert.DoesNotContain("greet", listed, StringComparison.Ordinal);
            Assert.Contains("Hello you", (await _portal.RpcAsync(token, way, "prompts/get", """{"name":"things_hello","arguments":{"who":"you"} }""")).Body, StringComparison.Ordinal);
            Assert.Equal(InvalidParams, (await _portal.RpcAsync(token, way, "prompts/get", """{"name":"things_greet","arguments":{"who":"you"} }""")).ErrorCode);
        }

        // The sample completes nothing; that it was asked, and for which prompt, is what counts.
        var completed = "";
        _upstream.Instead = async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            completed = await reader.ReadToEndAsync();
            context.Response.StatusCode = 500;
            return true;
        };
        await CompleteAsync(token, null, """{"type":"ref/prompt","name":"things_hello"}""");
        Assert.Contains("\"greet\"", completed, StringComparison.Ordinal);
        Assert.DoesNotContain("hello", completed, StringComparison.Ordinal);
    }

    // What was asked of the server while nothing of it was there: nothing. A request that it does get shows that it listens.
    private async Task<string[]> AskedAsync(string token, string session)
    {
        var asked = _upstream.Received.Where(received => received.Headers.GetValueOrDefault("User-Agent") == "ManagedOAuth-portal").Select(received => received.Rpc).ToArray();
        Assert.Contains("second", (await _portal.RpcAsync(token, session, "resources/read", """{"uri":"other://two"}""")).Body, StringComparison.Ordinal);
        return [.. asked, "x"];
    }

    private async Task<(string Token, string Session)> StartAsync(Reason reason)
    {
        McpCapabilityUpdate[] off = [new() { Name = "greet", Enabled = false }];
        await _portal.AddAsync(
            "things",
            _upstream,
            record => reason == Reason.DisabledAtTheServer ? record with { UpdatedPrompts = off } : record,
            entry => reason == Reason.DisabledInThePortal ? entry with { UpdatedPrompts = off } : entry,
            catalog => reason == Reason.Quarantined ? catalog with { Prompts = [.. catalog.Prompts.Select(prompt => prompt with { Approved = false })] } : catalog,
            World.Allow(reason == Reason.Hidden ? new Rule.Email("alice@example.com") : new Rule.EmailDomain("example.com")));
        var token = _portal.Token("bob@example.com");
        var session = await _portal.InitializeAsync(token);
        if (reason == Reason.SwitchedOff)
        {
            await _portal.RpcAsync(token, session, "tools/call", """{"name":"portal_toggle_single_server","arguments":{"server_id":"things","action":"untoggle"} }""");
        }

        return (token, session);
    }

    // A server is switched off in a session; clients without one have no switches.
    private static string?[] Ways(Reason reason, string session) => reason == Reason.SwitchedOff ? [session] : [session, null];

    private Task<PortalAnswer> CompleteAsync(string token, string? session, string reference)
        => _portal.RpcAsync(token, session, "completion/complete", $$"""{"ref":{{reference}},"argument":{"name":"who","value":"a"} }""");
}
