using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Contracts.Tests.Portals;

/// <summary>
/// Policies made at random, of every action, over include, require and exclude, groups and lists, and whom they admit by a plain reading: sets of users,
/// where the product has rules and unknowns.
/// </summary>
/// <param name="random">Where they come from.</param>
/// <param name="users">All users there are: addresses at <c>example.com</c>, whose requests come from this machine.</param>
internal sealed class GeneratedPolicies(Random random, IReadOnlyList<string> users)
{
    private readonly Dictionary<Guid, IReadOnlySet<string>> _who = [];

    public List<Policy> Policies { get; } = [];

    public List<Group> Groups { get; } = [];

    public List<AccessList> Lists { get; } = [];

    /// <summary>One to three policies of an application or tool, in their order, and whom they admit.</summary>
    public (IReadOnlyList<Policy> Policies, IReadOnlySet<string> Admitted) Next()
    {
        var policies = Enumerable.Range(0, random.Next(1, 4)).Select(_ => One()).ToList();
        return (policies, users.Where(user => Admits(policies, user)).ToHashSet());
    }

    // Bypass and Service Auth come first, and admit nobody as a user but by Bypass; then the first of the others that is about the user decides.
    private bool Admits(List<Policy> policies, string user)
    {
        var about = policies.Where(policy => _who[policy.Id].Contains(user)).ToList();
        return (about.Find(policy => policy.Decision is PolicyAction.Bypass or PolicyAction.NonIdentity) ?? about.FirstOrDefault())?.Decision is PolicyAction.Bypass or PolicyAction.Allow;
    }

    private Policy One()
    {
        var (include, require, exclude, who) = Rules(isGroup: false);
        var action = random.Next(8) switch { 0 or 1 => PolicyAction.Deny, 2 => PolicyAction.Bypass, 3 => PolicyAction.NonIdentity, _ => PolicyAction.Allow };
        var policy = new Policy { Id = Guid.NewGuid(), Name = $"{action}", Decision = action, Include = include, Require = require, Exclude = exclude };
        _who[policy.Id] = who;
        Policies.Add(policy);
        return policy;
    }

    private (Rule[] Include, Rule[] Require, Rule[] Exclude, IReadOnlySet<string> Who) Rules(bool isGroup)
    {
        var include = Some(1, 3, isGroup);
        var require = Some(0, random.Next(3) == 0 ? 2 : 1, isGroup);
        var exclude = Some(0, random.Next(3) == 0 ? 2 : 1, isGroup);
        var who = users.Where(user => include.Any(rule => rule.Who.Contains(user)) && require.All(rule => rule.Who.Contains(user)) && !exclude.Any(rule => rule.Who.Contains(user)));
        return ([.. include.Select(rule => rule.Rule)], [.. require.Select(rule => rule.Rule)], [.. exclude.Select(rule => rule.Rule)], who.ToHashSet());
    }

    private List<(Rule Rule, IReadOnlySet<string> Who)> Some(int least, int beyond, bool isGroup) => [.. Enumerable.Range(0, random.Next(least, beyond)).Select(_ => Leaf(isGroup))];

    private (Rule Rule, IReadOnlySet<string> Who) Leaf(bool isGroup)
    {
        IReadOnlySet<string> all = users.ToHashSet();
        IReadOnlySet<string> nobody = new HashSet<string>();
        var user = users[random.Next(users.Count)];
        switch (random.Next(12))
        {
            case 0: return (new Rule.Everyone(), all);
            case 1: return (new Rule.EmailDomain("example.com"), all);
            case 2: return (new Rule.EmailDomain("notexample.com"), nobody);
            case 3: return (new Rule.Ip("127.0.0.0/8"), all);
            case 4: return (new Rule.Ip("10.0.0.0/8"), nobody);
            case 5: return (new Rule.AnyValidServiceToken(), nobody);
            case 6:
                var some = users.Where(_ => random.Next(2) == 0).ToHashSet();
                var list = new AccessList { Id = Guid.NewGuid(), Name = "l", Type = AccessListType.Email, Items = [.. some.Select(address => new AccessListItem(address, null, default))] };
                Lists.Add(list);
                return (new Rule.EmailList(list.Id), some);
            case 7 or 8 when !isGroup:
                var (include, require, exclude, who) = Rules(isGroup: true);
                var group = new Group { Id = Guid.NewGuid(), Name = "g", Include = include, Require = require, Exclude = exclude };
                Groups.Add(group);
                return (new Rule.InGroup(group.Id), who);
            default: return (new Rule.Email(random.Next(3) == 0 ? user.ToUpperInvariant() : user), new HashSet<string> { user });
        }
    }
}
