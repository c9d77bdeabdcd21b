using Marten;
using Wolverine.Runtime;

namespace Wolverine.Marten;

/// <summary>The scope's message context, which refuses to publish before a session is enrolled.</summary>
internal sealed class MartenOutbox(MessageContext context) : IMartenOutbox
{
    public IDocumentSession? Session => context.Session;

    public void Enroll(IDocumentSession session) => context.Enroll(session);

    public ValueTask PublishAsync<T>(T message, DeliveryOptions? options = null)
        where T : notnull => Enrolled().PublishAsync(message, options);

    public ValueTask SendAsync<T>(T message, DeliveryOptions? options = null)
        where T : notnull => Enrolled().SendAsync(message, options);

    public Task InvokeAsync(object message, CancellationToken cancellationToken = default, TimeSpan? timeout = null)
        => context.InvokeAsync(message, cancellationToken, timeout);

    public Task<T> InvokeAsync<T>(object message, CancellationToken cancellationToken = default, TimeSpan? timeout = null)
        => context.InvokeAsync<T>(message, cancellationToken, timeout);

    // A message that went out although the caller's session was never saved could not be taken back.
    private MessageContext Enrolled() => context.Session is null
        ? throw new InvalidOperationException("Call IMartenOutbox.Enroll(session) before publishing.")
        : context;
}
