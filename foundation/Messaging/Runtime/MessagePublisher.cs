using System.Diagnostics;
using Marten;
using Microsoft.Extensions.Logging;
using Wolverine.Postgresql;
using Wolverine.Serialization;

namespace Wolverine.Runtime;

/// <summary>Turns a message into the rows of its receivers, and stores them in a session's transaction or in one of their own.</summary>
internal sealed partial class MessagePublisher(
    WolverineOptions options, MessageRouter router, MessageTypeNames names, MessageSerializer serializer, QueueStore store, QueueSql sql,
    WakeUps wakeUps, TimeProvider clock, ILogger<MessagePublisher> logger)
{
    private readonly string _insert = QueueSql.WithQuestionMarks(sql.Insert);

    /// <summary>One envelope per receiver, none if nobody receives the message.</summary>
    /// <exception cref="MessageTooLargeException">The JSON is above the limit.</exception>
    public IReadOnlyList<Envelope> Prepare(object message, DeliveryOptions? delivery, IDocumentSession? session)
    {
        ArgumentNullException.ThrowIfNull(message);
        var type = message.GetType();
        var queues = router.QueuesFor(type);
        if (queues.Count == 0)
        {
            return [];
        }

        var id = Guid.CreateVersion7();
        var data = serializer.Write(message);
        var due = delivery?.ScheduledTime ?? (delivery?.ScheduleDelay is { } delay ? clock.GetUtcNow() + delay : null);
        var activity = Activity.Current;
        return [.. queues.Select(queue => new Envelope
        {
            Id = id,
            Destination = queue,
            MessageType = names.NameOf(type),
            Message = message,
            Data = data,
            ScheduledTime = due,
            Source = options.ServiceName,
            ParentId = activity?.IdFormat == ActivityIdFormat.W3C ? activity.Id : null,
            CorrelationId = session?.CorrelationId ?? activity?.TraceId.ToHexString(),
            UserName = session?.LastModifiedBy,
        })];
    }

    /// <summary>Adds the rows to the session's transaction.</summary>
    public void Enlist(IDocumentSession session, IReadOnlyList<Envelope> envelopes)
    {
        foreach (var envelope in envelopes)
        {
            session.QueueSqlCommand(_insert, QueueStore.InsertValues(envelope));
        }
    }

    /// <summary>Stores the rows at once.</summary>
    public async Task StoreAsync(IReadOnlyList<Envelope> envelopes)
    {
        await store.InsertAsync(envelopes, CancellationToken.None);
        Committed(envelopes);
    }

    /// <summary>The rows are there: counts them and wakes whoever waits for them.</summary>
    public void Committed(IEnumerable<Envelope> envelopes)
    {
        foreach (var envelope in envelopes)
        {
            MessagingTelemetry.Published.Add(1, new KeyValuePair<string, object?>("messaging.destination.name", envelope.Destination));
            if (envelope.ScheduledTime is null || envelope.ScheduledTime <= clock.GetUtcNow())
            {
                wakeUps.Announce(envelope.Destination);
            }
        }
    }

    /// <summary>A published message that nobody receives is allowed, and more often than not a forgotten route.</summary>
    [LoggerMessage(1, LogLevel.Warning, "No queue is known for {MessageType}: the message is dropped")]
    public partial void LogNoRoute(string messageType);
}
