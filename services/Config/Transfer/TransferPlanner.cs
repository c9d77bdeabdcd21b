using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.History;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Transfer;

/// <summary>Compares a file with the configuration. Every object is read by the reader of its own endpoint; nothing is saved.</summary>
public sealed class TransferPlanner(IEnumerable<IObjectKind> kinds, TimeProvider clock)
{
    // What is refused because something it needs comes later in the file is tried again after that. Deeper nesting than this is no configuration.
    private const int MostRounds = 64;

    private readonly IReadOnlyList<IObjectKind> _kinds = [.. kinds.Where(kind => kind.IsTransferable)];

    /// <summary>The kinds that can be in a file, in the order in which they can be made.</summary>
    public IReadOnlyList<IObjectKind> Kinds => _kinds;

    /// <summary>Decides what applying the file comes to.</summary>
    /// <param name="file">The file.</param>
    /// <param name="state">The configuration.</param>
    /// <param name="prune">Whether what the file does not have is removed, of the kinds that it is about.</param>
    /// <param name="mostDifferences">For how many of the changed objects the differences are computed.</param>
    public TransferPlan Plan(TransferFile file, ConfigurationState state, bool prune, int mostDifferences = 0)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(state);
        var draft = new ConfigurationDraft(state) { IsTransfer = true };
        var (objects, errors) = Resolve(file, state);
        var steps = new List<TransferStep>();
        var now = clock.GetUtcNow();
        var waiting = objects;
        for (var round = 0; waiting.Count > 0 && errors.Count == 0 && round < MostRounds; round++)
        {
            var refused = new List<TransferStep>();
            var refusals = new List<ApiError>();
            foreach (var step in waiting)
            {
                var (wrong, events) = (refusals.Count, draft.EventCount);
                step.Draft(draft, refusals, now);
                if (refusals.Count > wrong)
                {
                    refused.Add(step);
                }
                else if (draft.EventCount > events)
                {
                    var sized = step with { Events = draft.EventCount - events };
                    steps.Add(step.Action == TransferAction.Change && steps.Count < mostDifferences ? WithDifferences(sized, state, draft) : sized);
                }
            }

            if (refused.Count == waiting.Count || (refused.Count > 0 && round == MostRounds - 1))
            {
                errors.AddRange(refusals);
            }

            waiting = refused;
        }

        var unchanged = objects.Count - steps.Count;
        if (prune && errors.Count == 0)
        {
            Prune(file, [.. objects.Select(step => step.Id)], draft, steps, errors, now);
        }

        return new TransferPlan(state.Snapshot.Position, errors.Count == 0 ? steps : [], unchanged, errors);
    }

    // An object is the one with its id; else, where that id was never here, the only one of its kind with its name; else it is new.
    private static (List<TransferStep> Objects, List<ApiError> Errors) Resolve(TransferFile file, ConfigurationState state)
    {
        var errors = new List<ApiError>();
        var byName = new Dictionary<(string Kind, string Name), Guid?>();
        foreach (var entry in state.Entries.Values)
        {
            if (entry.State is ConfigurationRecord record)
            {
                var key = (entry.Kind, record.Name);
                byName[key] = byName.ContainsKey(key) ? null : entry.Id;
            }
        }

        var inFile = file.Objects.Select(item => item.Id).OfType<Guid>().ToHashSet();
        var others = new Dictionary<Guid, Guid>();
        var taken = new HashSet<Guid>();
        var ids = new List<Guid>();
        foreach (var item in file.Objects)
        {
            var id = item.Kind.OnlyId is { } only ? only
                : item.Id is { } given && state.Entries.TryGetValue(given, out var entry)
                ? Known(given, entry, item, errors)
                : byName.GetValueOrDefault((item.Kind.Name, item.Name)) is { } same && !inFile.Contains(same) && taken.Add(same) ? same
                : item.Id ?? Guid.NewGuid();
            ids.Add(id);
            if (item.Id is { } old && old != id)
            {
                others[old] = id;
            }
        }

        foreach (var (item, _) in file.Objects.Zip(ids).GroupBy(pair => pair.Second).SelectMany(same => same.Skip(1)))
        {
            errors.Add(ApiErrors.Invalid($"{item.Pointer}/id", "another object of the file is the same object here"));
        }

        foreach (var (id, reference) in file.References.Where(reference => !inFile.Contains(reference.Key) && state.Entries.GetValueOrDefault(reference.Key)?.State is null))
        {
            if (byName.GetValueOrDefault((reference.Kind, reference.Name)) is { } same)
            {
                others[id] = same;
            }
        }

        return ([.. file.Objects.Zip(ids, (item, id) => Step(item, id, state.Entries.GetValueOrDefault(id)?.State as ConfigurationRecord, others))], errors);
    }

    private static TransferStep Step(TransferObject item, Guid id, ConfigurationRecord? existing, Dictionary<Guid, Guid> others)
        => new(existing is null ? TransferAction.Create : TransferAction.Change, item.Kind, id, item.Name, WithIds(item, others)) { LeftToDo = item.Kind.LeftToDo(item.Body, existing) };

    private static Guid Known(Guid id, FeedEntry entry, TransferObject item, List<ApiError> errors)
    {
        if (entry.Kind != item.Kind.Name)
        {
            errors.Add(ApiErrors.Invalid($"{item.Pointer}/id", $"this is the id of another kind of object here ({entry.Kind})"));
        }

        return id;
    }

    private static TransferObject WithIds(TransferObject item, Dictionary<Guid, Guid> others)
    {
        if (others.Count == 0 || JsonObject.Create(item.Body) is not { } body || !References.In(body).Any(others.ContainsKey))
        {
            return item;
        }

        return item with { Body = JsonSerializer.SerializeToElement((JsonObject)References.Replace(body, others)!, ConfigJson.Default.JsonObject) };
    }

    private static TransferStep WithDifferences(TransferStep step, ConfigurationState before, ConfigurationDraft draft)
        => step with { Changes = JsonDifference.Between(Export(step, before), Export(step, draft.State)) };

    private static JsonObject? Export(TransferStep step, ConfigurationState state)
        => state.Entries.GetValueOrDefault(step.Id)?.State is ConfigurationRecord record ? step.Kind.Export(record, state.Snapshot) : null;

    private void Prune(TransferFile file, HashSet<Guid> kept, ConfigurationDraft draft, List<TransferStep> steps, List<ApiError> errors, DateTimeOffset now)
    {
        var waiting = _kinds.Reverse()
            .Where(kind => kind.IsRemovable && file.Kinds.Contains(kind))
            .SelectMany(kind => kind.All(draft.Snapshot).Where(record => !kept.Contains(record.Id)).Select(record => new TransferStep(TransferAction.Remove, kind, record.Id, record.Name, null)))
            .ToList();
        while (waiting.Count > 0)
        {
            var refusals = new List<ApiError>();
            var refused = new List<TransferStep>();
            foreach (var step in waiting)
            {
                var (wrong, events) = (refusals.Count, draft.EventCount);
                step.Draft(draft, refusals, now);
                (refusals.Count > wrong ? refused : steps).Add(step with { Events = draft.EventCount - events });
            }

            if (refused.Count == waiting.Count)
            {
                errors.AddRange(refusals);
                return;
            }

            waiting = refused;
        }
    }
}
