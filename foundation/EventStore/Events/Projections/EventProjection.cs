using System.Reflection;

namespace Marten.Events.Projections;

/// <summary>
/// A projection written as methods, one per event type, found by name: <c>Project(TEvent, IDocumentOperations)</c> or
/// <c>Project(IEvent&lt;TEvent&gt;, IDocumentOperations)</c>, also <c>ProjectAsync</c>; returning void or Task; a CancellationToken may follow.
/// </summary>
public abstract class EventProjection : ProjectionBase
{
    private readonly Dictionary<Type, Func<IEvent, IDocumentOperations, CancellationToken, Task>> _handlers = [];

    /// <summary>Finds the methods.</summary>
    protected EventProjection()
    {
        ProjectionName = GetType().Name;
        foreach (var method in GetType().GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static).Where(m => m.Name is "Project" or "ProjectAsync"))
        {
            Add(method);
        }

        if (_handlers.Count == 0)
        {
            throw new InvalidOperationException($"{GetType()} has no method Project(event, IDocumentOperations).");
        }
    }

    /// <inheritdoc/>
    public sealed override async Task ApplyAsync(IDocumentOperations operations, IReadOnlyList<IEvent> events, CancellationToken ct)
    {
        foreach (var e in events)
        {
            if (_handlers.TryGetValue(e.EventType, out var handler))
            {
                await handler(e, operations, ct);
            }
        }
    }

    private void Add(MethodInfo method)
    {
        var parameters = method.GetParameters();
        var good = parameters.Length is 2 or 3
            && parameters[1].ParameterType.IsAssignableFrom(typeof(IDocumentOperations))
            && (parameters.Length == 2 || parameters[2].ParameterType == typeof(CancellationToken))
            && (method.ReturnType == typeof(void) || method.ReturnType == typeof(Task));
        if (!good)
        {
            throw new InvalidOperationException($"{GetType()}.{method}: expected (event, IDocumentOperations[, CancellationToken]) returning void or Task.");
        }

        var (eventType, wrapped) = EventParameter.Read(parameters[0].ParameterType);
        var arity = parameters.Length;
        if (!_handlers.TryAdd(eventType, Handle))
        {
            throw new InvalidOperationException($"{GetType()} has two Project methods for {eventType}.");
        }

        IncludeType(eventType);

        Task Handle(IEvent e, IDocumentOperations operations, CancellationToken ct)
        {
            var argument = wrapped ? e : e.Data;
            var result = method.Invoke(this, BindingFlags.DoNotWrapExceptions, null, arity == 2 ? [argument, operations] : [argument, operations, ct], null);
            return result as Task ?? Task.CompletedTask;
        }
    }
}

/// <summary>A method's event parameter: the fact itself, or its envelope.</summary>
internal static class EventParameter
{
    public static (Type EventType, bool Wrapped) Read(Type parameter) =>
        parameter.IsGenericType && parameter.GetGenericTypeDefinition() == typeof(IEvent<>)
            ? (parameter.GetGenericArguments()[0], true)
            : (parameter, false);
}
