using System.Collections.Immutable;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Contracts.Tests;

/// <summary>Groups in groups: decided as each rule says, and each once however often it is named.</summary>
public sealed class NestedGroupTests
{
    private static readonly Identity s_alice = new()
    {
        UserId = Guid.NewGuid(), Email = "alice@example.com", IdentityProviderId = Guid.NewGuid(), IdentityProviderType = "onetimepin", AuthenticatedAt = DateTimeOffset.UnixEpoch,
    };

    // 8 levels that name the next one 40 times in each list are ten billion ways down, and more.
    [Fact]
    public async Task ManyWaysToOneGroup_AreDecidedAtOnce()
    {
        const int Levels = 8;
        const int References = 40;
        var ids = Enumerable.Range(0, Levels).Select(_ => Guid.NewGuid()).ToList();
        var groups = ids.Select((id, level) =>
        {
            IReadOnlyList<Rule> next = level == Levels - 1 ? [new Rule.Email("bob@other.test")] : [.. Enumerable.Repeat(new Rule.InGroup(ids[level + 1]), References)];
            return new Group { Id = id, Name = $"g{level}", Include = next, Require = level % 2 == 0 ? [] : next };
        }).ToList();
        var (snapshot, application) = Build(groups, new Policy { Id = Guid.NewGuid(), Name = "p", Decision = PolicyAction.Allow, Include = [new Rule.InGroup(ids[0])] });
        var decision = await Task.Run(() => PolicyEvaluator.Evaluate(snapshot, application, s_alice, new RequestFacts())).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal((PolicyOutcome.Deny, "default deny: no include rule matched"), (decision.Outcome, decision.Rule));
    }

    [Fact]
    public void Decision_IsTheOneOfARuleByRuleReading()
    {
        var random = new Random(20261122);
        for (var round = 0; round < 2000; round++)
        {
            var ids = Enumerable.Range(0, 5).Select(_ => Guid.NewGuid()).ToList();
            var groups = ids.Select(id => new Group { Id = id, Name = "g", Include = Rules(random, ids, 1), Require = Rules(random, ids, 0), Exclude = Rules(random, ids, 0) }).ToList();
            var policy = new Policy
            {
                Id = Guid.NewGuid(), Name = "p", Decision = PolicyAction.Allow, Include = Rules(random, ids, 1), Require = Rules(random, ids, 0), Exclude = Rules(random, ids, 0),
            };
            var (snapshot, application) = Build(groups, policy);
            var expected = Read(snapshot, policy.Include, policy.Require, policy.Exclude, 0) switch
            {
                1 => PolicyOutcome.Allow,
                0 => PolicyOutcome.Indeterminate,
                _ => PolicyOutcome.Deny,
            };
            Assert.Equal(expected, PolicyEvaluator.Evaluate(snapshot, application, s_alice, new RequestFacts()).Outcome);
        }
    }

    // Yes 1, no -1, not known 0; a chain of more than eight groups is not known.
    private static int Read(ConfigurationSnapshot snapshot, IReadOnlyList<Rule> include, IReadOnlyList<Rule> require, IReadOnlyList<Rule> exclude, int depth)
    {
        var included = include.Count == 0 ? -1 : include.Max(rule => Read(snapshot, rule, depth));
        return require.Select(rule => Read(snapshot, rule, depth)).Concat(exclude.Select(rule => -Read(snapshot, rule, depth))).Append(included).Min();
    }

    private static int Read(ConfigurationSnapshot snapshot, Rule rule, int depth) => rule switch
    {
        Rule.Everyone => 1,
        Rule.Email email => email.Address == s_alice.Email ? 1 : -1,
        Rule.InGroup group when depth < 8 && snapshot.Groups.TryGetValue(group.Id, out var found) => Read(snapshot, found.Include, found.Require, found.Exclude, depth + 1),
        _ => 0,
    };

    // Mostly no circles: a group names those after it.
    private static List<Rule> Rules(Random random, List<Guid> ids, int atLeast) => [.. Enumerable.Range(0, atLeast + random.Next(2)).Select(_ => (Rule)(random.Next(7) switch
    {
        0 => new Rule.Everyone(),
        1 => new Rule.Email(s_alice.Email),
        2 => new Rule.Email("bob@other.test"),
        3 => new Rule.Ip("10.0.0.0/8"),
        _ => new Rule.InGroup(ids[random.Next(ids.Count)]),
    }))];

    private static (ConfigurationSnapshot Snapshot, Application Application) Build(IEnumerable<Group> groups, Policy policy)
    {
        var application = new Application { Id = Guid.NewGuid(), Aud = "", Name = "app", Domain = "app.test", Policies = [new PolicyReference(policy.Id, 1)] };
        var snapshot = ConfigurationSnapshot.Empty with
        {
            Applications = ImmutableDictionary<Guid, Application>.Empty.Add(application.Id, application),
            Policies = ImmutableDictionary<Guid, Policy>.Empty.Add(policy.Id, policy),
            Groups = groups.ToImmutableDictionary(group => group.Id),
        };
        return (snapshot, application);
    }
}
