using System.Collections.Frozen;
using System.Reflection;
using Marten.Events.Projections;
using Marten.Exceptions;

namespace Marten.Events.Aggregation;

/// <summary>Folds events into an aggregate by the methods found on its class.</summary>
internal sealed class AggregateFold<T> where T : class
{
    private readonly FrozenDictionary<Type, Func<IEvent, T>> _create;
    private readonly FrozenDictionary<Type, Func<T, IEvent, T>> _apply;
    private readonly Func<T>? _new;
    private readonly Action<T, Guid>? _setId;
    private readonly Action<T, long>? _setVersion;

    public AggregateFold()
    {
        var create = new Dictionary<Type, Func<IEvent, T>>();
        var apply = new Dictionary<Type, Func<T, IEvent, T>>();
        foreach (var method in typeof(T).GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance))
        {
            var parameters = method.GetParameters();
            var isCreate = method is { Name: "Create", IsStatic: true } && method.ReturnType == typeof(T);
            var isApply = method is { Name: "Apply", IsStatic: false } && (method.ReturnType == typeof(void) || method.ReturnType == typeof(T));
            if (parameters.Length != 1 || (!isCreate && !isApply))
            {
                continue;
            }

            var (eventType, wrapped) = EventParameter.Read(parameters[0].ParameterType);
            UsesMetadata |= wrapped;
            var added = isCreate
                ? create.TryAdd(eventType, FoldMethods.Create<T>(method, eventType, wrapped))
                : apply.TryAdd(eventType, FoldMethods.Apply<T>(method, eventType, wrapped));
            if (!added)
            {
                throw new InvalidOperationException($"{typeof(T)} has two methods {method.Name} for {eventType}.");
            }
        }

        if (create.Count + apply.Count == 0)
        {
            throw new InvalidOperationException($"{typeof(T)} has no public methods Create(event) or Apply(event): it cannot be folded.");
        }

        _create = create.ToFrozenDictionary();
        _apply = apply.ToFrozenDictionary();
        EventTypes = [.. create.Keys.Union(apply.Keys)];
        _new = typeof(T).GetConstructor(Type.EmptyTypes) is not null ? Activator.CreateInstance<T> : null;
        _setId = FoldMethods.Setter<T, Guid>("Id");
        _setVersion = FoldMethods.VersionSetter<T>();
    }

    /// <summary>The event types that change the aggregate.</summary>
    public IReadOnlyCollection<Type> EventTypes { get; }

    /// <summary>True if events of this type change the aggregate.</summary>
    public bool Handles(Type eventType) => _apply.ContainsKey(eventType) || _create.ContainsKey(eventType);

    /// <summary>True if a method takes the envelope, and so may look at the timestamp.</summary>
    public bool UsesMetadata { get; }

    /// <summary>The state after an event; null while no event has created one.</summary>
    public T? Apply(T? state, IEvent e, EventGraph graph)
    {
        if (e.Data is UnknownEvent unknown && !graph.IsIgnored(unknown.EventTypeName))
        {
            throw new UnknownEventTypeException(unknown.EventTypeName, e.Sequence);
        }

        if (state is null)
        {
            if (_create.TryGetValue(e.EventType, out var create))
            {
                state = create(e);
            }
            else if (_apply.TryGetValue(e.EventType, out var first))
            {
                state = first(_new?.Invoke() ?? throw new InvalidOperationException($"{typeof(T)} cannot begin with {e.EventTypeName}: it has no Create for it."), e);
            }
        }
        else if (_apply.TryGetValue(e.EventType, out var apply))
        {
            state = apply(state, e);
        }

        if (state is not null)
        {
            _setId?.Invoke(state, e.StreamId);
            _setVersion?.Invoke(state, e.Version);
        }

        return state;
    }
}

/// <summary>Turns the methods of an aggregate into delegates once, so that a fold costs no reflection.</summary>
internal static class FoldMethods
{
    private const BindingFlags Own = BindingFlags.NonPublic | BindingFlags.Static;

    public static Func<IEvent, T> Create<T>(MethodInfo method, Type eventType, bool wrapped) =>
        (Func<IEvent, T>)typeof(FoldMethods).GetMethod(wrapped ? nameof(CreateWrapped) : nameof(CreatePlain), Own)!
            .MakeGenericMethod(typeof(T), eventType).Invoke(null, [method])!;

    public static Func<T, IEvent, T> Apply<T>(MethodInfo method, Type eventType, bool wrapped) =>
        (Func<T, IEvent, T>)typeof(FoldMethods).GetMethod((method.ReturnType == typeof(void), wrapped) switch
        {
            (true, true) => nameof(ApplyWrapped),
            (true, false) => nameof(ApplyPlain),
            (false, true) => nameof(EvolveWrapped),
            (false, false) => nameof(EvolvePlain),
        }, Own)!.MakeGenericMethod(typeof(T), eventType).Invoke(null, [method])!;

    public static Action<T, TValue>? Setter<T, TValue>(string name) =>
        typeof(T).GetProperty(name, BindingFlags.Public | BindingFlags.Instance) is { SetMethod: { } set } property && property.PropertyType == typeof(TValue)
            ? set.CreateDelegate<Action<T, TValue>>()
            : null;

    public static Action<T, long>? VersionSetter<T>()
    {
        if (Setter<T, int>("Version") is { } small)
        {
            return (state, version) => small(state, checked((int)version));
        }

        return Setter<T, long>("Version");
    }

    private static Func<IEvent, T> CreatePlain<T, TEvent>(MethodInfo method) where TEvent : notnull
    {
        var create = method.CreateDelegate<Func<TEvent, T>>();
        return e => create(((IEvent<TEvent>)e).Data);
    }

    private static Func<IEvent, T> CreateWrapped<T, TEvent>(MethodInfo method) where TEvent : notnull
    {
        var create = method.CreateDelegate<Func<IEvent<TEvent>, T>>();
        return e => create((IEvent<TEvent>)e);
    }

    private static Func<T, IEvent, T> ApplyPlain<T, TEvent>(MethodInfo method) where TEvent : notnull
    {
        var apply = method.CreateDelegate<Action<T, TEvent>>();
        return (state, e) =>
        {
            apply(state, ((IEvent<TEvent>)e).Data);
            return state;
        };
    }

    private static Func<T, IEvent, T> ApplyWrapped<T, TEvent>(MethodInfo method) where TEvent : notnull
    {
        var apply = method.CreateDelegate<Action<T, IEvent<TEvent>>>();
        return (state, e) =>
        {
            apply(state, (IEvent<TEvent>)e);
            return state;
        };
    }

    private static Func<T, IEvent, T> EvolvePlain<T, TEvent>(MethodInfo method) where TEvent : notnull
    {
        var apply = method.CreateDelegate<Func<T, TEvent, T>>();
        return (state, e) => apply(state, ((IEvent<TEvent>)e).Data);
    }

    private static Func<T, IEvent, T> EvolveWrapped<T, TEvent>(MethodInfo method) where TEvent : notnull
    {
        var apply = method.CreateDelegate<Func<T, IEvent<TEvent>, T>>();
        return (state, e) => apply(state, (IEvent<TEvent>)e);
    }
}
