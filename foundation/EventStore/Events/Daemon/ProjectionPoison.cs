using System.Data;
using Marten.Events.Projections;
using Marten.Exceptions;
using Marten.Sessions;
using Npgsql;

namespace Marten.Events.Daemon;

/// <summary>Tells a bad event from a bad moment, and parks the bad event.</summary>
internal sealed class ProjectionPoison(DocumentStore store, AsyncProjection projection)
{
    private const int MaxMessage = 2_000;

    /// <summary>Wait between attempts at one event, times the number of the attempt.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>False for what the event is not to blame for: cancellation, a lost or unavailable database, a deadlock, another runner.</summary>
    public static bool IsAboutTheEvents(Exception e, NpgsqlConnection connection, CancellationToken ct) =>
        connection.State == ConnectionState.Open
        && !ct.IsCancellationRequested
        && e is not (ProgressionProgressOutOfOrderException or MartenCommandException { IsTransient: true } or NpgsqlException { IsTransient: true });

    /// <summary>Stores the reason; the caller moves the progress past the event in the same transaction.</summary>
    public Task Park(DocumentSession session, long sequence, Exception e)
    {
        session.Store(new DeadLetterEvent
        {
            Id = Guid.NewGuid(),
            ProjectionName = projection.Name,
            ShardName = "All",
            Timestamp = store.Time.GetUtcNow(),
            EventSequence = sequence,
            ExceptionType = e.GetType().FullName ?? e.GetType().Name,
            // The message may quote what could not be stored.
            ExceptionMessage = Cut(e.Message.Replace('\0', '?')),
        });
        return Task.CompletedTask;
    }

    private static string Cut(string text) => text.Length <= MaxMessage ? text : text[..MaxMessage];
}
