using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Messages;
using ManagedOAuth.Contracts.Policies;
using Marten;
using Wolverine;

namespace ManagedOAuth.Config.Objects;

/// <summary>Finds the applications that a change touches and tells Token.</summary>
public static class ConfigurationChangedHandler
{
    public static async Task<OutgoingMessages> Handle(ConfigurationChanged message, ConfigurationLog log, IQuerySession session, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(session);
        var events = await session.Events.FetchStreamAsync(message.Id, message.Version, fromVersion: message.Version, ct: ct);
        var position = events.Count == 0 ? 0 : events[^1].Sequence;
        var state = await log.WaitForAsync(position, ct);

        if (message.Kind == "application" && state.Entries.TryGetValue(message.Id, out var entry) && entry.State is null)
        {
            return [new ApplicationDeleted(message.Id, position)];
        }

        var touched = Touched(message.Kind, message.Id, state.Snapshot);
        return touched.Count == 0 ? [] : [new PolicyChanged(touched, position)];
    }

    /// <summary>The applications whose decisions can be different now.</summary>
    public static IReadOnlyList<Guid> Touched(string kind, Guid id, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return kind switch
        {
            "application" => [id],
            "policy" => ApplicationsWith(snapshot, policy => policy.Id == id),
            "group" => ApplicationsWith(snapshot, policy => Reaches(RuleUsers.RulesOf(policy), rule => rule is Rule.InGroup group && group.Id == id, snapshot, [])),
            "list" => ApplicationsWith(snapshot, policy => Reaches(RuleUsers.RulesOf(policy), rule => rule.ListId == id, snapshot, [])),
            _ => [],
        };
    }

    private static List<Guid> ApplicationsWith(ConfigurationSnapshot snapshot, Func<Policy, bool> touched)
    {
        var policies = snapshot.Policies.Values.Where(touched).Select(policy => policy.Id).ToHashSet();
        return [.. snapshot.Applications.Values
            .Where(application => application.Policies.Any(reference => policies.Contains(reference.Id)))
            .Select(application => application.Id)];
    }

    private static bool Reaches(IEnumerable<Rule> rules, Func<Rule, bool> target, ConfigurationSnapshot snapshot, HashSet<Guid> seen)
        => rules.Any(rule => target(rule)
            || (rule is Rule.InGroup group
                && seen.Add(group.Id)
                && snapshot.Groups.TryGetValue(group.Id, out var inner)
                && Reaches(RuleUsers.RulesOf(inner), target, snapshot, seen)));
}
