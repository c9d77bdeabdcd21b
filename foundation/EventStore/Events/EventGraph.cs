using System.Reflection;
using System.Text.Json;

namespace Marten.Events;

/// <summary>
/// The event types of a store. Stored names are stable: renaming a class means keeping its name by <see cref="MapEventType{T}"/>.
/// Types handled by registered aggregates and projections are registered by themselves.
/// </summary>
public sealed class EventGraph
{
    private readonly Dictionary<Type, EventMapping> _byType = [];
    private readonly Dictionary<string, EventMapping> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Upcaster> _upcasters = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ignored = new(StringComparer.Ordinal);

    internal EventGraph()
    {
    }

    /// <summary>Registers an event type under Marten's name for it: <c>GrantIssued</c> is <c>grant_issued</c>.</summary>
    public void AddEventType<T>() where T : notnull
    {
        if (!_byType.ContainsKey(typeof(T)))
        {
            MapEventType<T>(EventNames.Alias(typeof(T)));
        }
    }

    /// <inheritdoc cref="AddEventType{T}"/>
    public void AddEventType(Type type) =>
        typeof(EventGraph).GetMethod(nameof(AddEventType), BindingFlags.Public | BindingFlags.Instance, [])!.MakeGenericMethod(type).Invoke(this, null);

    /// <inheritdoc cref="AddEventType{T}"/>
    public void AddEventTypes(IEnumerable<Type> types)
    {
        foreach (var type in types)
        {
            AddEventType(type);
        }
    }

    /// <summary>Registers an event type under a name of its own.</summary>
    public void MapEventType<T>(string eventTypeName) where T : notnull
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(eventTypeName);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(eventTypeName.Length, 500);
        if (_byName.TryGetValue(eventTypeName, out var other) && other.EventType != typeof(T))
        {
            throw new ArgumentException($"The event name '{eventTypeName}' is taken by {other.EventType}; give one of the two a name with MapEventType.", nameof(eventTypeName));
        }

        if (_byType.Remove(typeof(T), out var former))
        {
            _byName.Remove(former.Name);
        }

        _byType[typeof(T)] = _byName[eventTypeName] = new EventMapping<T>(eventTypeName);
    }

    /// <summary>Reads events stored under a name as an older type and turns them into today's.</summary>
    public void Upcast<TOld, TNew>(string eventTypeName, Func<TOld, TNew> upcast) where TNew : notnull =>
        Add(new TypedUpcaster<TOld, TNew>(eventTypeName, upcast));

    /// <summary>The same, for the name that belongs to <typeparamref name="TOld"/>.</summary>
    public void Upcast<TOld, TNew>(Func<TOld, TNew> upcast) where TNew : notnull => Upcast(EventNames.Alias(typeof(TOld)), upcast);

    /// <summary>Reads events stored under a name from their JSON. Also for the name of a registered type, whose older data lack something.</summary>
    public void Upcast<TNew>(string eventTypeName, Func<JsonElement, TNew> upcast) where TNew : notnull =>
        Add(new JsonUpcaster<TNew>(eventTypeName, upcast));

    /// <summary>Lets folds pass over events of a retired name. They still show in histories, as <see cref="UnknownEvent"/>.</summary>
    public void IgnoreEventType(string eventTypeName) => _ignored.Add(eventTypeName);

    /// <summary>The stored name of a registered type.</summary>
    public string EventTypeNameFor(Type type) => MappingFor(type).Name;

    /// <summary>The alias of an aggregate in <c>mt_streams.type</c>.</summary>
    public string AggregateAliasFor(Type aggregateType) => EventNames.Alias(aggregateType);

    internal IEnumerable<EventMapping> Mappings => _byType.Values;

    internal EventMapping MappingFor(Type type) => _byType.TryGetValue(type, out var mapping)
        ? mapping
        : throw new InvalidOperationException($"{type} is not a registered event type; call Events.AddEventType<{type.Name}>() when the store is configured.");

    internal EventMapping? FindByName(string name) => _byName.GetValueOrDefault(name);

    internal Upcaster? FindUpcaster(string name) => _upcasters.GetValueOrDefault(name);

    internal bool IsIgnored(string name) => _ignored.Contains(name);

    internal Event Wrap(object data) => MappingFor(data.GetType()).Wrap(data);

    /// <summary>Stored names that give events of these types, those of upcasters included.</summary>
    internal IReadOnlyCollection<string> NamesFor(IReadOnlyCollection<Type> types) =>
        [.. types.Select(EventTypeNameFor), .. _upcasters.Values.Where(u => types.Contains(u.Target)).Select(u => u.Name)];

    private void Add(Upcaster upcaster)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(upcaster.Name);
        if (!_upcasters.TryAdd(upcaster.Name, upcaster))
        {
            throw new ArgumentException($"The event name '{upcaster.Name}' has an upcaster already.");
        }
    }
}
