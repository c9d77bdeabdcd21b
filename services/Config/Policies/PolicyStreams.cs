using System.Text.Json;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;
using Marten;

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
}
