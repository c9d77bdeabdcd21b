using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using ManagedOAuth.Contracts.Messages;
using ManagedOAuth.Contracts.Policies;
using Marten;
using Marten.Events;
using Wolverine;

namespace ManagedOAuth.Config.Objects;

/// <summary>Finds the applications that a change touches and tells Token.</summary>
public static class ConfigurationChangedHandler
{
    private const int MostTold = 1000;
    private const string Provider = "identity_provider";

    public static async Task<OutgoingMessages> Handle(ConfigurationChanged message, ConfigurationLog log, IQuerySession session, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(session);
        var events = await session.Events.FetchStreamAsync(message.Id, message.Version, fromVersion: message.Version, ct: ct);
        var position = events.Count == 0 ? 0 : events[^1].Sequence;
        var state = await log.WaitForAsync(position, ct);

        if (Removal(message, state, position, RemovedAt(events)) is { } removal)
        {
            return [removal];
        }

        var touched = Touched(message.Kind, message.Id, state.Snapshot);
        return touched.Count == 0 ? [] : [new PolicyChanged(touched, position)];
    }

    /// <summary>The same for several at once: each touched application is named once.</summary>
    public static async Task<OutgoingMessages> Handle(ConfigurationsChanged message, ConfigurationLog log, IQuerySession session, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(session);

        // What was saved together has its positions in any order; the newest of all is behind every one of them.
        var newest = await session.Events.QueryEventsAsync(new EventQuery { Descending = true, PageSize = 1 }, ct);
        var position = newest.Events.Count == 0 ? 0 : newest.Events[0].Sequence;
        var state = await log.WaitForAsync(position, ct);
        var removedAt = new Dictionary<ConfigurationChanged, DateTimeOffset?>();
        foreach (var change in message.Changes.Where(change => change.Kind == Provider))
        {
            removedAt[change] = RemovedAt(await session.Events.FetchStreamAsync(change.Id, change.Version, fromVersion: change.Version, ct: ct));
        }

        var removals = message.Changes.ToLookup(change => Removal(change, state, position, removedAt.GetValueOrDefault(change)));
        var touched = removals[null].SelectMany(change => Touched(change.Kind, change.Id, state.Snapshot)).Distinct();
        return [.. removals.Select(group => group.Key).OfType<object>(), .. touched.Chunk(MostTold).Select(some => new PolicyChanged(some, position))];
    }

    // An application that is gone ends grants by its absence; a provider by the very removal, even where it has been restored since. Null = nothing of the kind.
    private static object? Removal(ConfigurationChanged change, ConfigurationState state, long position, DateTimeOffset? removedAt) => change.Kind switch
    {
        "application" when state.Entries.GetValueOrDefault(change.Id) is { State: null } => new ApplicationDeleted(change.Id, position),
        Provider when removedAt is { } at => new ProviderRemoved(change.Id, position, at),
        _ => null,
    };

    private static DateTimeOffset? RemovedAt(IReadOnlyList<IEvent> change) => change is [.., { Data: IdentityProviderRemoved } removal] ? removal.Timestamp : null;

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
