using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;

namespace ManagedOAuth.Config.Transfer;

/// <summary>What becomes of one object.</summary>
public enum TransferAction
{
    /// <summary>It is made, or comes back after it was removed.</summary>
    Create,

    /// <summary>It becomes what the file says.</summary>
    Change,

    /// <summary>It goes.</summary>
    Remove,
}

/// <summary>One step of applying a file.</summary>
/// <param name="Action">What is done.</param>
/// <param name="Kind">Kind of the object.</param>
/// <param name="Id">The object here, which may not be the id in the file.</param>
/// <param name="Name">Its name, for people.</param>
/// <param name="Object">What the file says, with the ids of here; null where it is removed.</param>
public sealed record TransferStep(TransferAction Action, IObjectKind Kind, Guid Id, string Name, TransferObject? Object)
{
    /// <summary>The semantic differences, where they were asked for.</summary>
    public JsonArray? Changes { get; init; }

    /// <summary>How many events it appends, as far as the plan knows.</summary>
    public int Events { get; init; } = 1;

    /// <summary>What is left to do afterwards; null = nothing.</summary>
    public string? LeftToDo { get; init; }

    /// <summary>Drafts the step; what is wrong goes to the errors, and nothing is drafted then.</summary>
    public void Draft(ConfigurationDraft draft, List<ApiError> errors, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(errors);
        if (Object is not null)
        {
            Kind.Put(new BodyReader(Object.Body, errors, Object.Pointer), Id, draft, now);
        }
        else if (Kind.Remove(Id, draft) is { } reason)
        {
            errors.Add(ApiErrors.Invalid($"/objects/{Kind.Name}", $"{Name} is not in the file and cannot be removed: {reason}"));
        }
    }
}

/// <summary>What applying a file comes to.</summary>
/// <param name="Position">The position of the configuration that it was compared with.</param>
/// <param name="Steps">In an order in which each can be done; none when there are errors.</param>
/// <param name="Unchanged">How many objects are already as the file says.</param>
/// <param name="Errors">What is wrong with the file; with a pointer into it.</param>
public sealed record TransferPlan(long Position, IReadOnlyList<TransferStep> Steps, int Unchanged, IReadOnlyList<ApiError> Errors)
{
    /// <summary>The steps in transactions of at most <see cref="TransferFormat.BatchSize"/> objects and, but for one that is larger alone, <see cref="TransferFormat.BatchEvents"/> events.</summary>
    public IEnumerable<IReadOnlyList<TransferStep>> Batches()
    {
        var (batch, events) = (new List<TransferStep>(), 0);
        foreach (var step in Steps)
        {
            if (batch.Count == TransferFormat.BatchSize || (batch.Count > 0 && events + step.Events > TransferFormat.BatchEvents))
            {
                yield return batch;
                (batch, events) = ([], 0);
            }

            batch.Add(step);
            events += step.Events;
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }

    /// <summary>How many objects are made, changed, removed and left alone.</summary>
    public TransferCounts Counts { get; } = new(
        Steps.Count(step => step.Action == TransferAction.Create),
        Steps.Count(step => step.Action == TransferAction.Change),
        Steps.Count(step => step.Action == TransferAction.Remove),
        Unchanged);
}

/// <summary>Numbers of objects.</summary>
public sealed record TransferCounts(int Created, int Changed, int Removed, int Unchanged)
{
    public static readonly TransferCounts None = new(0, 0, 0, 0);

    /// <summary>Everything that is not left alone.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public int Steps => Created + Changed + Removed;

    public JsonObject ToJson() => new() { ["created"] = Created, ["changed"] = Changed, ["removed"] = Removed, ["unchanged"] = Unchanged };
}
