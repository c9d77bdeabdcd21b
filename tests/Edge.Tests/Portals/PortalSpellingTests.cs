using System.Text.Json;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Tests.Portals;
using ManagedOAuth.Edge.Tests.Harness;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>
/// At the endpoint, over generated policies and curation: each of two users reaches exactly the tools, prompts and resources that the rules give them, under
/// the listed names, and by no other spelling any; the same by way of the portal's own tools, and without a server that is switched off (attack M07; the
/// rules alone are tested over many more seeds beside the contracts).
/// </summary>
[Collection(WorldCollection.Name)]
public sealed class PortalSpellingTests(World world)
{
    private const int Sample = 100;
    private static readonly string[] s_ids = ["a", "a-b", "gh"];
    private static readonly string[] s_tools = ["x", "b_x", "read", "write_all"];
    private static readonly string[] s_prompts = ["greet", "x"];
    private static readonly string?[] s_aliases = [null, null, "other", "y_x"];
    private static readonly string[] s_users = ["alice@example.com", "bob@example.com"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Users_ReachExactlyWhatIsTheirs(int seed)
    {
        var random = new Random(seed);
        var generated = new GeneratedPolicies(random, s_users);
        var expected = s_users.ToDictionary(user => user, _ => new HashSet<string>());
        var upstreams = new List<McpUpstream>();
        await using var portal = await PortalHarness.CreateAsync(world, $"spelling-{Guid.NewGuid():N}.test");
        try
        {
            foreach (var id in s_ids)
            {
                upstreams.Add(await McpUpstream.StartAsync(id, isStateless: true, upstream => Fill(upstream, id)));
                await GenerateAsync(portal, generated, random, id, upstreams[^1], expected);
            }

            foreach (var user in s_users)
            {
                await CheckAsync(portal, random, user, expected[user]);
            }
        }
        finally
        {
            foreach (var upstream in upstreams)
            {
                await upstream.DisposeAsync();
            }
        }
    }

    private static void Fill(McpUpstream upstream, string id)
    {
        foreach (var tool in s_tools)
        {
            upstream.Tools.Add(McpServerTool.Create(() => $"{id}:{tool}", new() { Name = tool }));
        }

        foreach (var prompt in s_prompts)
        {
            upstream.Prompts.Add(McpServerPrompt.Create(() => $"{id}:prompt {prompt}", new() { Name = prompt }));
        }

        upstream.Resources.Add(McpServerResource.Create(() => $"{id}:resource", new() { UriTemplate = $"test://{id}/read", Name = "read" }));
    }

    private async Task GenerateAsync(PortalHarness portal, GeneratedPolicies generated, Random random, string id, McpUpstream upstream, Dictionary<string, HashSet<string>> expected)
    {
        var (policies, admitted) = generated.Next();
        var (writing, writers) = generated.Next();
        var defaultDisabled = random.Next(3) == 0;
        var updates = s_tools.Where(_ => random.Next(2) == 0).Select(tool => new McpCapabilityUpdate
        {
            Name = tool,
            Enabled = random.Next(3) switch { 0 => null, 1 => true, _ => false },
            Alias = tool == "x" ? s_aliases[random.Next(s_aliases.Length)] : null,
        }).ToList();
        generated.Groups.ForEach(world.Configuration.Put);
        generated.Lists.ForEach(world.Configuration.Put);
        generated.Policies.ForEach(world.Configuration.Put);
        await portal.AddAsync(
            id,
            upstream,
            record => record with { ToolPolicies = [new McpToolPolicy { Tools = ["write_*"], Policies = [.. writing.Select(policy => policy.Id)] }] },
            settings => settings with { DefaultDisabled = defaultDisabled, UpdatedTools = updates },
            policies: [.. policies]);
        foreach (var user in admitted)
        {
            expected[user].UnionWith(s_tools
                .Where(tool => (updates.Find(update => update.Name == tool)?.Enabled ?? !defaultDisabled) && (tool != "write_all" || writers.Contains(user)))
                .Select(tool => $"{id}:{tool}"));
            expected[user].UnionWith(s_prompts.Select(prompt => $"{id}:prompt {prompt}"));
            expected[user].Add($"{id}:resource");
        }
    }

    private static async Task CheckAsync(PortalHarness portal, Random random, string user, HashSet<string> expected)
    {
        var token = portal.Token(user);
        var session = await portal.InitializeAsync(token);
        var (names, uris) = (Names(random), Uris());
        Assert.Equal(expected.Order(), (await ReachAsync(portal, token, session, names, uris, ToolAsync)).Order());

        // By way of the portal's own tools neither more nor less.
        foreach (var context in new[] { "search_and_execute", "minimize_tools" })
        {
            var optimized = await BeginAsync(portal, token, context);
            var listed = context == "minimize_tools" ? await ListAsync(portal, token, optimized, "tools", "name") : null;
            var executed = new HashSet<string>();
            foreach (var name in names)
            {
                var answer = await portal.RpcAsync(token, optimized, "tools/call", $$"""{"name":"portal_execute","arguments":{"name":{{JsonSerializer.Serialize(name)}}} }""");
                if (answer.ErrorCode is null && !answer.Json.GetProperty("result").TryGetProperty("isError", out _))
                {
                    Assert.True(executed.Add(answer.Text));
                    Assert.True(listed?.Contains(name) != false, $"{user} runs {name}, which is not listed");
                }
            }

            Assert.Equal(expected.Where(IsTool).Order(), executed.Order());
        }

        // Without the server that is switched off, for this session alone.
        if (expected.Count > 0)
        {
            var off = expected.First().Split(':')[0];
            await portal.RpcAsync(token, session, "tools/call", $$"""{"name":"portal_toggle_single_server","arguments":{"server_id":"{{off}}","action":"untoggle"} }""");
            Assert.Equal(expected.Where(what => !what.StartsWith(off + ":", StringComparison.Ordinal)).Order(), (await ReachAsync(portal, token, session, names, uris, ToolAsync)).Order());
        }

        static bool IsTool(string what) => !what.Contains("prompt ", StringComparison.Ordinal) && !what.EndsWith(":resource", StringComparison.Ordinal);

        Task<PortalAnswer> ToolAsync(string name) => portal.RpcAsync(token, session, "tools/call", $$"""{"name":{{JsonSerializer.Serialize(name)}}}""");
    }

    // What is listed can be called by that name, what is not cannot; and nothing has two names.
    private static async Task<HashSet<string>> ReachAsync(PortalHarness portal, string token, string session, List<string> names, List<string> uris, Func<string, Task<PortalAnswer>> callAsync)
    {
        var reached = new HashSet<string>();
        await EachAsync(await ListAsync(portal, token, session, "tools", "name"), names, callAsync, static answer => answer.Text);
        await EachAsync(
            await ListAsync(portal, token, session, "prompts", "name"),
            names,
            name => portal.RpcAsync(token, session, "prompts/get", $$"""{"name":{{JsonSerializer.Serialize(name)}}}"""),
            static answer => answer.Json.GetProperty("result").GetProperty("messages")[0].GetProperty("content").GetProperty("text").GetString()!);
        await EachAsync(
            await ListAsync(portal, token, session, "resources", "uri"),
            uris,
            uri => portal.RpcAsync(token, session, "resources/read", $$"""{"uri":{{JsonSerializer.Serialize(uri)}}}"""),
            static answer => answer.Json.GetProperty("result").GetProperty("contents")[0].GetProperty("text").GetString()!,
            isServers: true);
        return reached;

        // Where one server alone has resources, what a URI means is that server's to say; it is asked for nothing that is another's.
        async Task EachAsync(HashSet<string> listed, List<string> spelled, Func<string, Task<PortalAnswer>> askAsync, Func<PortalAnswer, string> text, bool isServers = false)
        {
            foreach (var name in spelled.Concat(listed).Distinct())
            {
                var answer = await askAsync(name);
                if (isServers && !listed.Contains(name) && answer.ErrorCode is null)
                {
                    Assert.Contains(listed, uri => text(answer).StartsWith(new Uri(uri).Host + ":", StringComparison.Ordinal));
                    continue;
                }

                Assert.True(answer.ErrorCode is null == listed.Contains(name), $"{name}: {answer.Body}");
                if (answer.ErrorCode is null)
                {
                    Assert.True(reached.Add(text(answer)), $"{text(answer)} has two names");
                }
            }
        }
    }

    private static async Task<HashSet<string>> ListAsync(PortalHarness portal, string token, string session, string what, string key)
    {
        var list = (await portal.RpcAsync(token, session, what + "/list")).Json;
        return list.TryGetProperty("result", out var result)
            ? result.GetProperty(what).EnumerateArray().Select(item => item.GetProperty(key).GetString()!).Where(name => !name.StartsWith("portal_", StringComparison.Ordinal)).ToHashSet()
            : [];
    }

    private static async Task<string> BeginAsync(PortalHarness portal, string token, string context)
    {
        var begun = await portal.PostAsync(
            token, """{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"raw","version":"1"} } }""", "?optimize_context=" + context);
        return begun.Headers["Mcp-Session-Id"];
    }

    // Every name as it may be, and some of the many ways to write it otherwise.
    private static List<string> Names(Random random)
    {
        var all = s_ids.SelectMany(_ => s_tools.Concat(s_prompts).Concat(s_aliases.OfType<string>()).Distinct(), (id, name) => (Id: id, Name: name)).ToList();
        var other = all.SelectMany(entry => Spellings.Of(entry.Id, entry.Name)).ToArray();
        random.Shuffle(other);
        return [.. all.Select(entry => $"{entry.Id}_{entry.Name}").Concat(other.Take(Sample)).Distinct()];
    }

    private static List<string> Uris() => [.. s_ids.SelectMany(id => new[]
    {
        $"test://{id}/read", $"TEST://{id}/read", $"test://{id.ToUpperInvariant()}/read", $"test://{id}/re%61d", $"test://{id}/read/", $"test://{id}/./read", $"test://{id}/x/../read", $" test://{id}/read", $"test://{id}/read ",
        $"test://{id}/read?x", $"test://{id}/read#x", $"test://x@{id}/read", $"test://{id}//read", $"test:{id}/read", $"{id}_test://{id}/read",
    })];
}
