#pragma warning disable CA1068 // The order of parameters is Wolverine's.
namespace Wolverine;

/// <summary>Sends messages to whoever handles them, here or in another service.</summary>
/// <remarks>
/// Inside a handler, and after <c>IMartenOutbox.Enroll</c>, what is published becomes rows of the same transaction as
/// the domain effects. Otherwise the message is stored at once in a transaction of its own.
/// </remarks>
public interface IMessageBus
{
    /// <summary>Stores the message for every receiver it is routed to; a message without a route is logged and dropped.</summary>
    /// <exception cref="MessageTooLargeException">The serialized message is above <see cref="WolverineOptions.MaximumMessageBytes"/>.</exception>
    ValueTask PublishAsync<T>(T message, DeliveryOptions? options = null)
        where T : notnull;

    /// <summary>As <see cref="PublishAsync{T}"/>, but a message that nobody receives is an error.</summary>
    /// <exception cref="IndeterminateRoutesException">No queue is known for this message.</exception>
    /// <exception cref="MessageTooLargeException">The serialized message is above <see cref="WolverineOptions.MaximumMessageBytes"/>.</exception>
    ValueTask SendAsync<T>(T message, DeliveryOptions? options = null)
        where T : notnull;

    /// <summary>Runs this process's own handlers of the message now, in a session and transaction of their own, and waits for the commit.</summary>
    /// <param name="message">The message; its type needs a handler in this process.</param>
    /// <param name="cancellationToken">Cancels the handler.</param>
    /// <param name="timeout">Default: <see cref="WolverineOptions.DefaultExecutionTimeout"/>.</param>
    /// <exception cref="IndeterminateRoutesException">No handler for the message is known here.</exception>
    Task InvokeAsync(object message, CancellationToken cancellationToken = default, TimeSpan? timeout = null);

    /// <summary>As <see cref="InvokeAsync(object, CancellationToken, TimeSpan?)"/>, and returns the handler's reply: its first returned value of type <typeparamref name="T"/>.</summary>
    /// <exception cref="InvalidOperationException">The handler returned no such value.</exception>
    Task<T> InvokeAsync<T>(object message, CancellationToken cancellationToken = default, TimeSpan? timeout = null);
}
