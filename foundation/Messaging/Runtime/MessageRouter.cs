using System.Collections.Concurrent;
using Wolverine.Handlers;

namespace Wolverine.Runtime;

/// <summary>Which queues a message type goes to: the rules that name it, else this process's own queue if it handles the type.</summary>
internal sealed class MessageRouter(WolverineOptions options, HandlerGraph handlers)
{
    private readonly ConcurrentDictionary<Type, string[]> _routes = new();

    public IReadOnlyList<string> QueuesFor(Type messageType) => _routes.GetOrAdd(messageType, Find);

    private string[] Find(Type messageType)
    {
        var named = options.Publishing.Where(p => p.Messages.Contains(messageType)).SelectMany(p => p.Queues).Distinct(StringComparer.Ordinal).ToArray();
        return named.Length > 0 || handlers.Find(messageType) is null ? named : [.. options.Listeners.Keys.Order(StringComparer.Ordinal).Take(1)];
    }
}
