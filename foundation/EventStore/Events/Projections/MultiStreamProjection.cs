using System.Reflection;

namespace Marten.Events.Projections;

/// <summary>
/// A document folded from the events of many streams (all grants of a user). The constructor says with <see cref="Identity{TEvent}"/>
/// which document an event belongs to; methods <c>Create(event)</c> and <c>Apply(event, doc)</c>, on the projection, fold.
/// An event may be given as itself or as <see cref="IEvent{T}"/>. Runs asynchronously only; the row's <c>mt_version</c> is the sequence of the last event folded.
/// </summary>
/// <typeparam name="TDoc">The document; needs a public constructor without parameters unless each first event has a Create.</typeparam>
/// <typeparam name="TId">Guid or string.</typeparam>
public abstract class MultiStreamProjection<TDoc, TId> : ProjectionBase where TDoc : class where TId : notnull
{
    private readonly Dictionary<Type, Func<IEvent, IEnumerable<TId>>> _identities = [];
    private readonly Dictionary<Type, Func<IEvent, TDoc>> _create = [];
    private readonly Dictionary<Type, Action<IEvent, TDoc>> _apply = [];
    private readonly HashSet<Type> _deletes = [];
    private readonly PropertyInfo _id;

    /// <summary>Finds the methods.</summary>
    protected MultiStreamProjection()
    {
        // Marten names the progress after the document, whatever the class is called.
        ProjectionName = typeof(TDoc).Name;
        _id = typeof(TDoc).GetProperty("Id") is { CanWrite: true } id && id.PropertyType == typeof(TId)
            ? id
            : throw new InvalidOperationException($"{typeof(TDoc)} needs a property Id of type {typeof(TId).Name} that can be set.");
        DeleteViewTypeOnTeardown<TDoc>();
        foreach (var method in GetType().GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static))
        {
            if (method.Name is "Create" or "Apply")
            {
                Add(method);
            }
        }
    }

    internal override Schema.DocumentKind ViewKind => Schema.DocumentKind.Projected;

    /// <inheritdoc/>
    public sealed override async Task ApplyAsync(IDocumentOperations operations, IReadOnlyList<IEvent> events, CancellationToken ct)
    {
        var session = (Sessions.DocumentSession)operations;
        var slices = events
            .SelectMany(e => _identities.TryGetValue(e.EventType, out var ids) ? ids(e).Distinct().Select(id => (Id: id, Event: e)) : [])
            .GroupBy(x => x.Id, x => x.Event)
            .ToList();
        var documents = await session.LoadForProjectionAsync<TDoc, TId>([.. slices.Select(s => s.Key)], ct);
        foreach (var slice in slices)
        {
            var document = documents.GetValueOrDefault(slice.Key);
            foreach (var e in slice)
            {
                document = Fold(document, e, slice.Key);
            }

            session.StoreProjected(slice.Key, document, slice.Last().Sequence);
        }
    }

    /// <summary>Events of this type belong to the document with this id.</summary>
    protected void Identity<TEvent>(Func<TEvent, TId> id) where TEvent : notnull => Identities<TEvent>(e => [id(e.Data)]);

    /// <summary>Events of this type belong to these documents.</summary>
    protected void Identities<TEvent>(Func<IEvent<TEvent>, IReadOnlyList<TId>> ids) where TEvent : notnull
    {
        _identities[typeof(TEvent)] = e => ids((IEvent<TEvent>)e);
        IncludeType<TEvent>();
    }

    /// <summary>Events of this type delete their document.</summary>
    protected void DeleteEvent<TEvent>() where TEvent : notnull => _deletes.Add(typeof(TEvent));

    private TDoc? Fold(TDoc? document, IEvent e, TId id)
    {
        if (_deletes.Contains(e.EventType))
        {
            return null;
        }

        if (document is null && _create.TryGetValue(e.EventType, out var create))
        {
            document = create(e);
        }
        else if (_apply.TryGetValue(e.EventType, out var apply))
        {
            document ??= Activator.CreateInstance<TDoc>();
            apply(e, document);
        }

        if (document is not null)
        {
            _id.SetValue(document, id);
        }

        return document;
    }

    private void Add(MethodInfo method)
    {
        var parameters = method.GetParameters().Select(p => p.ParameterType).ToArray();
        var docAt = Array.IndexOf(parameters, typeof(TDoc));
        var isCreate = method.Name == "Create" && parameters.Length == 1 && method.ReturnType == typeof(TDoc);
        var isApply = method.Name == "Apply" && parameters.Length == 2 && docAt >= 0 && method.ReturnType == typeof(void);
        if (!isCreate && !isApply)
        {
            throw new InvalidOperationException($"{GetType()}.{method}: expected {typeof(TDoc).Name} Create(event) or void Apply(event, {typeof(TDoc).Name}).");
        }

        var (eventType, wrapped) = EventParameter.Read(parameters[isCreate ? 0 : 1 - docAt]);
        if (isCreate)
        {
            _create.Add(eventType, e => (TDoc)method.Invoke(this, BindingFlags.DoNotWrapExceptions, null, [Argument(e)], null)!);
        }
        else
        {
            _apply.Add(eventType, (e, doc) => method.Invoke(this, BindingFlags.DoNotWrapExceptions, null, docAt == 1 ? [Argument(e), doc] : [doc, Argument(e)], null));
        }

        object Argument(IEvent e) => wrapped ? e : e.Data;
    }
}
