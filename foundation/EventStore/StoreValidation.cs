namespace Marten;

/// <summary>Finds the mistakes of a configuration when the store is built, all at once.</summary>
internal static class StoreValidation
{
    public static void Check(DocumentStore store)
    {
        var errors = new List<string>();
        var options = store.Options;
        foreach (var type in options.Events.Mappings.Select(m => m.EventType).Concat(options.Schema.Mappings.Select(m => m.DocumentType)))
        {
            if (!store.Json.Knows(type))
            {
                errors.Add($"{type} is in none of the JsonSerializerContexts given to StoreOptions.Serializer; add [JsonSerializable(typeof({type.Name}))].");
            }
        }

        foreach (var mapping in options.Schema.Mappings)
        {
            Try(() => _ = mapping.IdType);
        }

        foreach (var table in options.Schema.Mappings.GroupBy(m => m.Table, StringComparer.Ordinal).Where(g => g.Count() > 1))
        {
            errors.Add($"The table {table.Key} would hold {string.Join(" and ", table.Select(m => m.DocumentType))}; give one of them a DocumentAlias.");
        }

        foreach (var snapshot in options.Projections.Snapshots.Where(s => s.Document.IdType != typeof(Guid)))
        {
            errors.Add($"The aggregate {snapshot.AggregateType} needs an id of type Guid: it is the stream's.");
        }

        foreach (var size in new[] { options.MaxJsonBytes, options.MaxQueryRows, options.MaxEventsPerSave, options.Projections.BatchSize, options.Projections.AttemptsBeforeParking })
        {
            if (size < 1)
            {
                errors.Add("Limits of StoreOptions must be at least 1.");
            }
        }

        if (errors.Count > 0)
        {
            throw new InvalidOperationException("The store is not configured right:" + Environment.NewLine + string.Join(Environment.NewLine, errors));
        }

        void Try(Action action)
        {
            try
            {
                action();
            }
            catch (InvalidOperationException e)
            {
                errors.Add(e.Message);
            }
        }
    }
}
