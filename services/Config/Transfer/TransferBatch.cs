using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Objects;

namespace ManagedOAuth.Config.Transfer;

/// <summary>Steps that are saved in one transaction.</summary>
public static class TransferBatch
{
    /// <summary>Drafts the steps in their order, each decided on the newest configuration; gives what can no longer be done.</summary>
    public static IReadOnlyList<ApiError> Draft(ConfigurationDraft draft, IEnumerable<TransferStep> steps, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(steps);
        var errors = new List<ApiError>();
        foreach (var step in steps)
        {
            step.Draft(draft, errors, now);
        }

        return errors;
    }

    /// <summary>What changes for those who hold grants, with what goes along with the steps. Nobody holds one by what was not there.</summary>
    public static IReadOnlyList<ConfigurationChanged> Touched(ConfigurationState before, ConfigurationDraft draft)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(draft);
        return [.. draft.Streams.Distinct()
            .Where(id => before.Entries.GetValueOrDefault(id)?.State is not null)
            .Select(id => draft.State.Entries[id])
            .Select(entry => new ConfigurationChanged(entry.Kind, entry.Id, entry.Version))];
    }
}
