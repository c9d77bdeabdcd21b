using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Portals;

namespace ManagedOAuth.Contracts.Tests.Portals;

/// <summary>
/// Over generated policies (every action, include, require, exclude, groups, lists; of servers and of tools) and curation: each of two users can call
/// exactly what is listed for them, by no other spelling anything, and exactly what a second, plain reading of the rules says.
/// </summary>
public sealed class PortalPropertyTests
{
    private static readonly string[] s_ids = ["a", "a-b", "a-b-c", "b", "gh", "gh-admin"];
    private static readonly string[] s_tools = ["x", "b_x", "admin_x", "a_x", "read", "Read", "write_all", "write_one", "_y", "c-d"];
    private static readonly string[] s_prompts = ["greet", "Greet", "write_letter", "b_x"];
    private static readonly string?[] s_aliases = [null, null, null, "x", "read", "other", "b_x", "bad__alias", "_y"];
    private static readonly string[] s_users = ["alice@example.com", "bob@example.com"];

    private static readonly string[] s_spellings =
    [
        .. s_ids.SelectMany(id => s_tools.Concat(s_prompts).Concat(s_aliases.OfType<string>()).Distinct().SelectMany(name => Spellings.Of(id, name).Prepend($"{id}_{name}"))).Distinct(),
    ];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 200)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Users_CallExactlyWhatTheySee_UnderOneNameEach(int seed)
    {
        var random = new Random(seed);
        var world = new PortalWorld();
        var generated = new GeneratedPolicies(random, s_users);
        var expected = s_users.ToDictionary(user => user, _ => new HashSet<(string, string)>());
        foreach (var id in s_ids.Where(_ => random.Next(4) > 0))
        {
            Generate(world, generated, random, id, expected);
        }

        var directory = world.Directory();
        foreach (var email in s_users)
        {
            var visitor = PortalWorld.User(email);
            var seen = directory.Servers.Where(server => directory.Sees(visitor, server)).ToList();
            var tools = seen.SelectMany(server => server.Tools.Where(tool => directory.MayUse(visitor, tool)).Select(tool => (server.ServerId, tool.Name, tool.VisibleName))).ToList();
            var prompts = seen.SelectMany(server => server.Prompts.Where(prompt => directory.MayUse(visitor, prompt)).Select(prompt => (server.ServerId, prompt.Name, prompt.VisibleName))).ToList();
            Assert.Equal(expected[email].Order(), tools.Select(tool => (tool.ServerId, tool.Name)).Concat(prompts.Select(prompt => (prompt.ServerId, "prompt " + prompt.Name))).Order());

            // No two have one name.
            var (toolOf, promptOf) = (tools.ToDictionary(tool => tool.VisibleName, tool => (tool.ServerId, tool.Name)), prompts.ToDictionary(prompt => prompt.VisibleName, prompt => (prompt.ServerId, prompt.Name)));
            foreach (var name in s_spellings.Concat(directory.Servers.SelectMany(server => server.Tools.Concat(server.Prompts)).Select(capability => capability.VisibleName)))
            {
                var (tool, prompt) = (directory.ResolveTool(visitor, name), directory.ResolvePrompt(visitor, name));
                Assert.Equal(toolOf.GetValueOrDefault(name), (tool?.Server.ServerId, tool?.Tool.Name));
                Assert.Equal(promptOf.GetValueOrDefault(name), (prompt?.Server.ServerId, prompt?.Prompt.Name));
            }
        }
    }

    // The seeds are worth nothing if the policies admit everybody, or nobody.
    [Fact]
    public void GeneratedPolicies_TellUsersApart()
    {
        var generated = new GeneratedPolicies(new Random(1), s_users);
        var admitted = Enumerable.Range(0, 400).Select(_ => string.Join(',', generated.Next().Admitted.Order())).CountBy(users => users).ToDictionary();
        Assert.Equal(4, admitted.Count);
        Assert.All(admitted.Values, count => Assert.True(count > 30, string.Join(' ', admitted)));
    }

    private static void Generate(PortalWorld world, GeneratedPolicies generated, Random random, string id, Dictionary<string, HashSet<(string, string)>> expected)
    {
        var tools = s_tools.Where(_ => random.Next(2) == 0).ToList();
        var prompts = s_prompts.Where(_ => random.Next(2) == 0).ToList();
        var (policies, admitted) = generated.Next();
        var ofTools = Enumerable.Range(0, random.Next(3)).Select(_ => (Pattern: random.Next(2) == 0 ? "write_*" : "read", Generated: generated.Next())).ToList();
        var defaultDisabled = random.Next(3) == 0;
        var quarantined = tools.Where(_ => random.Next(5) == 0).ToHashSet();
        var (toolUpdates, promptUpdates) = (Updates(random, tools), Updates(random, prompts));
        world.Add(generated);
        world.Server(
            id,
            tools,
            [.. policies],
            server => server with { ToolPolicies = [.. ofTools.Select(entry => new McpToolPolicy { Tools = [entry.Pattern], Policies = [.. entry.Generated.Policies.Select(policy => policy.Id)] })] },
            settings => settings with { DefaultDisabled = defaultDisabled, UpdatedTools = toolUpdates, UpdatedPrompts = promptUpdates },
            definition => definition with { Approved = !quarantined.Contains(definition.Name) },
            prompts);

        // What two curated names leave without one is nobody's: which those are is asked of the curation alone.
        var server = world.Directory().Find(id)!;
        foreach (var user in admitted)
        {
            expected[user].UnionWith(tools
                .Where(tool => IsOn(toolUpdates, tool, !defaultDisabled) && !quarantined.Contains(tool) && HasName(server.Tools, tool)
                    && ofTools.Where(entry => entry.Pattern == "read" ? tool == "read" : tool.StartsWith("write_", StringComparison.Ordinal)).All(entry => entry.Generated.Admitted.Contains(user)))
                .Select(tool => (id, tool)));
            expected[user].UnionWith(prompts.Where(prompt => IsOn(promptUpdates, prompt, true) && HasName(server.Prompts, prompt)).Select(prompt => (id, "prompt " + prompt)));
        }

        static bool IsOn(List<McpCapabilityUpdate> updates, string name, bool otherwise) => updates.Find(update => update.Name == name)?.Enabled ?? otherwise;

        static bool HasName(IEnumerable<PortalCapability> capabilities, string name) => capabilities.Any(capability => capability.Name == name && capability.VisibleName.Length > 0);
    }

    private static List<McpCapabilityUpdate> Updates(Random random, List<string> names) => [.. names.Where(_ => random.Next(2) == 0).Select(name => new McpCapabilityUpdate
    {
        Name = name,
        Enabled = random.Next(3) switch { 0 => null, 1 => true, _ => false },
        Alias = s_aliases[random.Next(s_aliases.Length)],
    })];
}
