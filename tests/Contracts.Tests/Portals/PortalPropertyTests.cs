using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Portals;

namespace ManagedOAuth.Contracts.Tests.Portals;

/// <summary>
/// Over generated policies and curation: each of two users can call exactly what is listed for them, by no other spelling anything, and
/// exactly what a second, plain reading of the rules says.
/// </summary>
public sealed class PortalPropertyTests
{
    private static readonly string[] s_ids = ["a", "a-b", "a-b-c", "b", "gh", "gh-admin"];
    private static readonly string[] s_tools = ["x", "b_x", "admin_x", "a_x", "read", "Read", "write_all", "write_one", "_y", "c-d"];
    private static readonly string?[] s_aliases = [null, null, null, "x", "read", "other", "b_x", "bad__alias", "_y"];
    private static readonly string[] s_users = ["alice@example.com", "bob@example.com"];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 200)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Users_CallExactlyWhatTheySee_UnderOneNameEach(int seed)
    {
        var random = new Random(seed);
        var world = new PortalWorld();
        var expected = s_users.ToDictionary(user => user, _ => new HashSet<(string, string)>());
        foreach (var id in s_ids.Where(_ => random.Next(4) > 0))
        {
            Generate(world, random, id, expected);
        }

        var directory = world.Directory();
        foreach (var email in s_users)
        {
            var visitor = PortalWorld.User(email);
            var listed = directory.Servers.Where(server => directory.Sees(visitor, server))
                .SelectMany(server => server.Tools.Where(tool => directory.MayUse(visitor, tool)).Select(tool => (server.ServerId, tool.Name, tool.VisibleName)))
                .ToList();
            Assert.Equal(listed.Count, listed.Select(tool => tool.VisibleName).Distinct().Count());
            Assert.Equal(expected[email].Order(), listed.Select(tool => (tool.ServerId, tool.Name)).Order());
            foreach (var name in Spellings(directory))
            {
                var resolved = directory.ResolveTool(visitor, name);
                var match = listed.SingleOrDefault(tool => tool.VisibleName == name);
                Assert.Equal((match.ServerId, match.Name), (resolved?.Server.ServerId, resolved?.Tool.Name));
            }
        }
    }

    private static void Generate(PortalWorld world, Random random, string id, Dictionary<string, HashSet<(string, string)>> expected)
    {
        var tools = s_tools.Where(_ => random.Next(2) == 0).ToList();
        var admitted = s_users.Where(_ => random.Next(3) > 0).ToList();
        var writers = s_users.Where(_ => random.Next(2) == 0).ToList();
        var hasToolPolicy = random.Next(2) == 0;
        var defaultDisabled = random.Next(3) == 0;
        var quarantined = tools.Where(_ => random.Next(5) == 0).ToHashSet();
        var updates = tools.Where(_ => random.Next(2) == 0).Select(tool => new McpCapabilityUpdate
        {
            Name = tool,
            Enabled = random.Next(3) switch { 0 => null, 1 => true, _ => false },
            Alias = s_aliases[random.Next(s_aliases.Length)],
        }).ToList();
        var toolPolicy = world.Policy(PolicyAction.Allow, [.. writers.Select(user => new Rule.Email(user))]);
        world.Server(
            id,
            tools,
            [world.Policy(PolicyAction.Allow, [.. admitted.Select(user => new Rule.Email(user))])],
            server => server with { ToolPolicies = hasToolPolicy ? [new McpToolPolicy { Tools = ["write_*"], Policies = [toolPolicy.Id] }] : [] },
            settings => settings with { DefaultDisabled = defaultDisabled, UpdatedTools = updates },
            definition => definition with { Approved = !quarantined.Contains(definition.Name) });

        // A tool that two curated names leave without one is nobody's: which those are is asked of the curation alone.
        var nameless = world.Directory().Find(id)!.Tools.Where(tool => tool.VisibleName.Length == 0).Select(tool => tool.Name).ToHashSet();
        foreach (var (user, tool) in admitted.SelectMany(user => tools.Select(tool => (user, tool))))
        {
            var on = updates.FirstOrDefault(update => update.Name == tool)?.Enabled ?? !defaultDisabled;
            if (on && !quarantined.Contains(tool) && !nameless.Contains(tool) && (!hasToolPolicy || !tool.StartsWith("write_", StringComparison.Ordinal) || writers.Contains(user)))
            {
                expected[user].Add((id, tool));
            }
        }
    }

    private static IEnumerable<string> Spellings(PortalDirectory directory)
    {
        var names = s_ids.SelectMany(id => s_tools.Concat(s_aliases.OfType<string>()).SelectMany(name => new[]
        {
            $"{id}_{name}", $"{id}-{name}", $"{id}__{name}", $"{id}/{name}", $" {id}_{name}", $"{id}_{name} ", $"{id.ToUpperInvariant()}_{name}", $"{id}_{name.ToUpperInvariant()}", name,
        }));
        return names.Concat(directory.Servers.SelectMany(server => server.Tools).Select(tool => tool.VisibleName)).Distinct().Where(name => name.Length > 0);
    }
}
