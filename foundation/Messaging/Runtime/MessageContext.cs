using Marten;
using Wolverine.Postgresql;

namespace Wolverine.Runtime;

/// <summary>The bus of one scope (a request, or the handling of one message): with a session enrolled, messages commit with it.</summary>
internal sealed class MessageContext(MessagePublisher publisher, MessageInvoker invoker, QueueSql sql) : IMessageContext, IDocumentSessionListener
{
    private readonly List<Envelope> _pending = [];
    private readonly string _complete = QueueSql.WithQuestionMarks(sql.Complete);
    private bool _completes;

    public Envelope? Envelope { get; private set; }

    public string? CorrelationId => Session?.CorrelationId ?? Envelope?.CorrelationId;

    /// <summary>The session that messages go with; null = each goes by itself.</summary>
    public IDocumentSession? Session { get; private set; }

    public void Enroll(IDocumentSession session, Envelope? envelope = null)
    {
        ArgumentNullException.ThrowIfNull(session);
        Envelope = envelope;
        Session = session;
        _completes = envelope is not null;
        if (!session.Listeners.Contains(this))
        {
            session.Listeners.Add(this);
        }
    }

    public async ValueTask PublishAsync<T>(T message, DeliveryOptions? options = null)
        where T : notnull
    {
        if (!await StoreAsync(message, options))
        {
            publisher.LogNoRoute(message.GetType().Name);
        }
    }

    public async ValueTask SendAsync<T>(T message, DeliveryOptions? options = null)
        where T : notnull
    {
        if (!await StoreAsync(message, options))
        {
            throw new IndeterminateRoutesException(
                $"No queue is known for {message.GetType().Name}: name one by PublishMessage<{message.GetType().Name}>().ToPostgresqlQueue(...).");
        }
    }

    public Task InvokeAsync(object message, CancellationToken cancellationToken = default, TimeSpan? timeout = null)
        => invoker.InvokeAsync(message, null, timeout, cancellationToken);

    public async Task<T> InvokeAsync<T>(object message, CancellationToken cancellationToken = default, TimeSpan? timeout = null)
        => (T)(await invoker.InvokeAsync(message, typeof(T), timeout, cancellationToken))!;

    // Here and not when the session is opened: whatever the handler does with its session, the first save takes the message
    // out of the queue. The statement runs before the handler's documents and events, so two nodes that hold the same
    // message meet at it.
    Task IDocumentSessionListener.BeforeSaveChangesAsync(IDocumentSession session, CancellationToken ct)
    {
        if (_completes && ReferenceEquals(session, Session))
        {
            _completes = false;
            session.QueueSqlCommand(_complete, Envelope!.Destination, Envelope.Id, Envelope.Owner, Envelope.Destination);
        }

        return Task.CompletedTask;
    }

    Task IDocumentSessionListener.AfterCommitAsync(IDocumentSession session, IChangeSet commit, CancellationToken ct)
    {
        if (ReferenceEquals(session, Session))
        {
            publisher.Committed(_pending);
            _pending.Clear();
        }

        return Task.CompletedTask;
    }

    private async ValueTask<bool> StoreAsync(object message, DeliveryOptions? options)
    {
        var envelopes = publisher.Prepare(message, options, Session);
        if (envelopes.Count == 0)
        {
            return false;
        }

        if (Session is null)
        {
            await publisher.StoreAsync(envelopes);
        }
        else
        {
            publisher.Enlist(Session, envelopes);
            _pending.AddRange(envelopes);
        }

        return true;
    }
}
