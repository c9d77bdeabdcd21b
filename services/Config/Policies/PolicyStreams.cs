using System.Text.Json;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using Marten;
using Marten.Events;

namespace ManagedOAuth.Config.Policies;

/// <summary>Saves the policies that belong to one application together with it.</summary>
public sealed class PolicyStreams(PolicyKind kind, TimeProvider clock)
{
    /// <summary>Queues the policies for the save.</summary>
    /// <param name="session">The application's unit of work.</param>
    /// <param name="policies">As read from the body.</param>
    /// <param name="snapshot">The configuration that the change is decided on.</param>
    public void Save(IDocumentSession session, IReadOnlyList<Policy> policies, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(policies);
        var now = clock.GetUtcNow();
        foreach (var policy in policies)
        {
            if (snapshot.Policies.TryGetValue(policy.Id, out var known))
            {
                if (IsSame(kind.Stamp(policy, known.Version, known.CreatedAt, known.UpdatedAt), known))
                {
                    continue;
                }

                session.Events.Append(policy.Id, known.Version + 1, kind.Changed(kind.Stamp(policy, known.Version + 1, known.CreatedAt, now)));
            }
            else
            {
                session.Events.StartStream<PolicyObject>(policy.Id, kind.Created(kind.Stamp(policy, 1, now, now)));
            }
        }
    }

    // An application is sent back whole; what it says of a policy that nobody touched is no change of that policy.
    private static bool IsSame(Policy one, Policy other)
        => JsonSerializer.SerializeToUtf8Bytes(one, ConfigurationJson.Default.Policy).AsSpan().SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(other, ConfigurationJson.Default.Policy));

    /// <summary>Saves policies that may have been removed since: those come back.</summary>
    public void Save(IDocumentSession session, IReadOnlyList<Policy> policies, ConfigurationState state)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(policies);
        ArgumentNullException.ThrowIfNull(state);
        Save(session, [.. policies.Where(policy => state.Snapshot.Policies.ContainsKey(policy.Id))], state.Snapshot);
        foreach (var policy in policies.Where(policy => !state.Snapshot.Policies.ContainsKey(policy.Id)))
        {
            var version = state.Entries[policy.Id].Version + 1;
            session.Events.Append(policy.Id, version, kind.Changed(kind.Stamp(policy, version, policy.CreatedAt, clock.GetUtcNow())));
        }
    }

    /// <summary>An application's own policies as they were at one of its events; what can no longer be is refused.</summary>
    public async Task<IReadOnlyList<Policy>> RestoreAsync(BodyReader body, Application application, IEvent at, ConfigurationChange change, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(application);
        ArgumentNullException.ThrowIfNull(at);
        ArgumentNullException.ThrowIfNull(change);
        var own = new List<Policy>();
        foreach (var reference in application.Policies)
        {
            if (change.Snapshot.Policies.GetValueOrDefault(reference.Id) is { Reusable: true })
            {
                continue;
            }

            var events = await change.Session.Events.FetchStreamAsync(reference.Id, ct: ct);
            // What was saved together has one causation, and its positions in no particular order.
            var then = events.LastOrDefault(e => e.Sequence <= at.Sequence || (at.CausationId is not null && e.CausationId == at.CausationId))?.Data switch
            {
                PolicyCreated created => created.Policy,
                PolicyAltered altered => altered.Policy,
                _ => null,
            };
            if (then is null or { Reusable: true })
            {
                body.Refuse("policies", $"the policy {then?.Name ?? reference.Id.ToString()} is gone; restore it first");
                continue;
            }

            PolicyReader.Read(new BodyReader(JsonSerializer.SerializeToElement(then, ConfigurationJson.Default.Policy), body.Errors, "/policies"), then.Id, reusable: false, change.Snapshot);
            own.Add(then);
        }

        return own;
    }
}
