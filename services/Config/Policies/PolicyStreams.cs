using System.Text.Json;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using Marten.Events;

namespace ManagedOAuth.Config.Policies;

/// <summary>Saves the policies that belong to one application together with it.</summary>
public sealed class PolicyStreams(PolicyKind kind, TimeProvider clock)
{
    /// <summary>
    /// Drafts the policies as they were read; those that were removed come back. An application is sent back whole: what it says of a policy that
    /// nobody touched is no change of that policy.
    /// </summary>
    public void Save(IReadOnlyList<Policy> policies, ConfigurationDraft draft)
    {
        ArgumentNullException.ThrowIfNull(policies);
        ArgumentNullException.ThrowIfNull(draft);
        var now = clock.GetUtcNow();
        foreach (var policy in policies)
        {
            var known = draft.Snapshot.Policies.GetValueOrDefault(policy.Id);
            if (known is not null && kind.IsSame(kind.Stamp(policy, known.Version, known.CreatedAt, known.UpdatedAt), known))
            {
                continue;
            }

            var version = draft.VersionOf(policy.Id) + 1;
            var created = known?.CreatedAt ?? (policy.CreatedAt == default ? now : policy.CreatedAt);
            var saved = kind.Stamp(policy, version, created, now);
            draft.Append<PolicyObject>(policy.Id, version, version == 1 ? kind.Created(saved) : kind.Changed(saved));
        }
    }

    /// <summary>Drafts the removal of the policies that were an application's own and that it no longer has.</summary>
    /// <param name="before">The application before; null = it was not there.</param>
    /// <param name="after">The application now; null = it is gone.</param>
    /// <param name="draft">Where it is drafted.</param>
    public void Drop(Application? before, Application? after, ConfigurationDraft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        var kept = (after?.Policies ?? []).Select(reference => reference.Id).ToHashSet();
        foreach (var reference in (before?.Policies ?? []).Where(reference => !kept.Contains(reference.Id)))
        {
            if (draft.Snapshot.Policies.GetValueOrDefault(reference.Id) is { Reusable: false })
            {
                draft.Append<PolicyObject>(reference.Id, draft.VersionOf(reference.Id) + 1, kind.Removed(reference.Id));
            }
        }
    }

    /// <summary>An application's own policies as they were at one of its events; what can no longer be is refused.</summary>
    /// <param name="body">Takes the refusals.</param>
    /// <param name="application">The application as it was then.</param>
    /// <param name="at">The event; null = as the policies were last.</param>
    /// <param name="change">The change under way.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyList<Policy>> RestoreAsync(BodyReader body, Application application, IEvent? at, ConfigurationChange change, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(application);
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
            var then = events.Where(e => at is null || e.Sequence <= at.Sequence || (at.CausationId is not null && e.CausationId == at.CausationId))
                .Select(e => e.Data switch
                {
                    PolicyCreated created => created.Policy,
                    PolicyAltered altered => altered.Policy,
                    _ => null,
                })
                .LastOrDefault(policy => policy is not null);
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
