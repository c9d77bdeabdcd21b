using Marten;
using Wolverine.Runtime;

namespace Wolverine.Handlers;

/// <summary>Everything that the parameters of one handler's methods come from, for one message.</summary>
internal sealed class HandlerFrame
{
    public required object Message { get; init; }

    public required MessageContext Context { get; init; }

    public required IDocumentSession Session { get; init; }

    public required IServiceProvider Services { get; init; }

    public required CancellationToken Cancellation { get; init; }

    /// <summary>The type of value that <c>InvokeAsync&lt;T&gt;</c> waits for.</summary>
    public Type? ReplyType { get; init; }

    /// <summary>The value that it gets.</summary>
    public object? Reply { get; set; }

    /// <summary>What was loaded for the current handler, by slot.</summary>
    public object?[] Values { get; set; } = [];

    /// <summary>Appends to the stream of the current handler's write model.</summary>
    public Action<object>? Append { get; set; }
}
