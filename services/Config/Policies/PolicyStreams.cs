using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;
using Marten;

namespace ManagedOAuth.Config.Policies;

/// <summary>Saves the policies that belong to one application together with it.</summary>
public sealed class PolicyStreams(PolicyKind kind, ConfigurationLog log, TimeProvider clock)
{
    public void Save(IDocumentSession session, IReadOnlyList<Policy> policies)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(policies);
        var now = clock.GetUtcNow();
        foreach (var policy in policies)
        {
            if (log.Current.Snapshot.Policies.TryGetValue(policy.Id, out var known))
            {
                session.Events.Append(policy.Id, known.Version + 1, kind.Changed(kind.Stamp(policy, known.Version + 1, known.CreatedAt, now)));
            }
            else
            {
                session.Events.StartStream<PolicyObject>(policy.Id, kind.Created(kind.Stamp(policy, 1, now, now)));
            }
        }
    }
}
