using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Edge.Tests.Harness;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>
/// At the endpoint, over generated policies and curation: each of two users reaches exactly the tools that the rules give them, under the listed
/// names, and by no other spelling any (attack M07; the rules alone are tested over many more seeds beside the contracts).
/// </summary>
[Collection(WorldCollection.Name)]
public sealed class PortalSpellingTests(World world)
{
    private static readonly string[] s_ids = ["a", "a-b", "gh"];
    private static readonly string[] s_tools = ["x", "b_x", "read", "write_all"];
    private static readonly string?[] s_aliases = [null, null, "other", "y_x"];
    private static readonly string[] s_users = ["alice@example.com", "bob@example.com"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Users_ReachExactlyTheirTools(int seed)
    {
        var random = new Random(seed);
        var expected = s_users.ToDictionary(user => user, _ => new HashSet<string>());
        var upstreams = new List<McpUpstream>();
        await using var portal = await PortalHarness.CreateAsync(world, $"spelling-{Guid.NewGuid():N}.test");
        try
        {
            foreach (var id in s_ids)
            {
                upstreams.Add(await McpUpstream.StartAsync(id, isStateless: true, upstream =>
                {
                    foreach (var tool in s_tools)
                    {
                        upstream.Tools.Add(McpServerTool.Create(() => $"{id}:{tool}", new() { Name = tool }));
                    }
                }));
                await GenerateAsync(portal, random, id, upstreams[^1], expected);
            }

            foreach (var user in s_users)
            {
                await CheckAsync(portal, user, expected[user]);
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

    private async Task GenerateAsync(PortalHarness portal, Random random, string id, McpUpstream upstream, Dictionary<string, HashSet<string>> expected)
    {
        var admitted = s_users.Where(_ => random.Next(3) > 0).ToList();
        var writers = s_users.Where(_ => random.Next(2) == 0).ToList();
        var writing = World.Allow([.. writers.Select(user => new Rule.Email(user))]);
        var defaultDisabled = random.Next(3) == 0;
        var updates = s_tools.Where(_ => random.Next(2) == 0).Select(tool => new McpCapabilityUpdate
        {
            Name = tool,
            Enabled = random.Next(3) switch { 0 => null, 1 => true, _ => false },
            Alias = tool == "x" ? s_aliases[random.Next(s_aliases.Length)] : null,
        }).ToList();
        world.Configuration.Put(writing);
        await portal.AddAsync(
            id,
            upstream,
            record => record with { ToolPolicies = [new McpToolPolicy { Tools = ["write_*"], Policies = [writing.Id] }] },
            settings => settings with { DefaultDisabled = defaultDisabled, UpdatedTools = updates },
            policies: World.Allow([.. admitted.Select(user => new Rule.Email(user))]));
        foreach (var user in admitted)
        {
            expected[user].UnionWith(s_tools
                .Where(tool => (updates.Find(update => update.Name == tool)?.Enabled ?? !defaultDisabled) && (tool != "write_all" || writers.Contains(user)))
                .Select(tool => $"{id}:{tool}"));
        }
    }

    private static async Task CheckAsync(PortalHarness portal, string user, HashSet<string> expected)
    {
        var token = portal.Token(user);
        var session = await portal.InitializeAsync(token);
        var list = (await portal.RpcAsync(token, session, "tools/list")).Json;
        var listed = list.TryGetProperty("result", out var result)
            ? result.GetProperty("tools").EnumerateArray().Select(tool => tool.GetProperty("name").GetString()!).Where(name => !name.StartsWith("portal_", StringComparison.Ordinal)).ToHashSet()
            : [];
        var reached = new HashSet<string>();
        foreach (var name in Spellings().Concat(listed).Distinct())
        {
            var answer = await portal.RpcAsync(token, session, "tools/call", $$"""{"name":"{{name}}"}""");
            Assert.True(answer.ErrorCode is null == listed.Contains(name), $"{user} calls {name}: {answer.Body}");
            if (answer.ErrorCode is null)
            {
                Assert.True(reached.Add(answer.Text), $"{answer.Text} has two names for {user}");
            }
        }

        Assert.Equal(expected.Order(), reached.Order());
    }

    private static IEnumerable<string> Spellings() => s_ids.SelectMany(id => s_tools.Concat(s_aliases.OfType<string>()).SelectMany(name => new[]
    {
        $"{id}_{name}", $"{id}-{name}", $"{id}__{name}", $"{id}/{name}", $" {id}_{name}", $"{id}_{name} ", $"{id.ToUpperInvariant()}_{name}", $"{id}_{name.ToUpperInvariant()}", name,
    }));
}
