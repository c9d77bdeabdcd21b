using System.Text.Json;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Applications;

/// <summary>The <c>policies</c> of an application: references to reusable policies, or policies of its own written inline.</summary>
/// <param name="References">All, in their order.</param>
/// <param name="Inline">The application's own policies, to be stored with it.</param>
public sealed record PolicyList(IReadOnlyList<PolicyReference> References, IReadOnlyList<Policy> Inline);

/// <summary>Reads <c>policies</c>: each item is a uuid, <c>{"id", "precedence"}</c>, or a whole policy.</summary>
public static class PolicyListReader
{
    private const int MaximumPolicies = 100;

    public static PolicyList Read(BodyReader reader, Application? existing, ConfigurationDraft draft)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(draft);
        var snapshot = draft.Snapshot;
        var references = new List<PolicyReference>();
        var inline = new List<Policy>();
        foreach (var (item, index) in reader.Items("policies", MaximumPolicies).Select((item, index) => (item, index)))
        {
            var entry = reader.Item("policies", index, item);
            var precedence = item.ValueKind == JsonValueKind.Object ? entry.Number("precedence", 0, 1_000_000) ?? index + 1 : index + 1;
            var id = IdOf(item);
            if (item.ValueKind == JsonValueKind.Object && entry.Has("decision") && (IsOwn(id, existing, snapshot) || (draft.IsTransfer && IsNobodys(id!.Value, snapshot))))
            {
                var policy = PolicyReader.Read(entry, id ?? Guid.NewGuid(), reusable: false, snapshot);
                inline.Add(policy);
                references.Add(new PolicyReference(policy.Id, precedence));
            }
            else if (id is { } known && snapshot.Policies.TryGetValue(known, out var found) && (found.Reusable || IsOwn(known, existing, snapshot)))
            {
                references.Add(new PolicyReference(known, precedence));
            }
            else
            {
                reader.Refuse($"policies/{index}", id is null ? "each of policies is a uuid, an object with id and precedence, or a policy" : $"there is no reusable policy {id}");
            }
        }

        if (references.DistinctBy(reference => reference.Id).Count() != references.Count)
        {
            reader.Refuse("policies", "a policy may be in policies only once");
        }

        return new PolicyList([.. references.OrderBy(reference => reference.Precedence)], inline);
    }

    private static Guid? IdOf(JsonElement item)
    {
        var value = item.ValueKind == JsonValueKind.Object && item.TryGetProperty("id", out var id) ? id : item;
        return value.ValueKind == JsonValueKind.String && value.TryGetGuid(out var parsed) ? parsed : null;
    }

    // A whole policy without an id is new; with the id of one of the application's own it replaces that one. A reusable policy that a client
    // sends back whole, as it got it from a GET, stays a reference: its content is changed at its own address.
    private static bool IsOwn(Guid? id, Application? existing, ConfigurationSnapshot snapshot)
        => id is null
            || (existing is not null
                && existing.Policies.Any(reference => reference.Id == id)
                && snapshot.Policies.TryGetValue(id.Value, out var policy)
                && !policy.Reusable);

    // In a file an application's own policies have their ids before they are there.
    private static bool IsNobodys(Guid id, ConfigurationSnapshot snapshot)
        => !snapshot.Policies.TryGetValue(id, out var policy)
            || (!policy.Reusable && !snapshot.Applications.Values.Any(application => application.Policies.Any(reference => reference.Id == id)));
}
