namespace Wolverine;

/// <summary>The bus as one handler sees it: what it publishes commits with the handler's own effects.</summary>
public interface IMessageContext : IMessageBus
{
    /// <summary>The message being handled; null outside a handler and under <c>InvokeAsync</c>.</summary>
    Envelope? Envelope { get; }

    /// <summary>Ties together everything that one request caused; the trace id unless the session says otherwise.</summary>
    string? CorrelationId { get; }
}
