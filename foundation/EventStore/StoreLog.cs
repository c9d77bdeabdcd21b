using Microsoft.Extensions.Logging;

namespace Marten;

/// <summary>Log messages of the store.</summary>
internal static partial class StoreLog
{
    [LoggerMessage(1, LogLevel.Error, "Listener {Listener} failed after a commit; the commit stands", EventName = "ListenerFailed")]
    public static partial void ListenerFailed(ILogger log, string listener, Exception e);

    [LoggerMessage(2, LogLevel.Information, "Schema {Schema}: {Statements} statements applied", EventName = "SchemaChanged")]
    public static partial void SchemaChanged(ILogger log, string schema, int statements);

    [LoggerMessage(3, LogLevel.Warning, "The database is not available yet ({Reason}); trying again", EventName = "DatabaseNotReady")]
    public static partial void DatabaseNotReady(ILogger log, string reason);

    [LoggerMessage(4, LogLevel.Information, "Projection {Projection} runs here from sequence {Sequence}", EventName = "ProjectionStarted")]
    public static partial void ProjectionStarted(ILogger log, string projection, long sequence);

    [LoggerMessage(5, LogLevel.Warning, "Projection {Projection} stopped and is tried again in {Delay}", EventName = "ProjectionInterrupted")]
    public static partial void ProjectionInterrupted(ILogger log, string projection, TimeSpan delay, Exception e);

    [LoggerMessage(6, LogLevel.Error, "Projection {Projection} cannot take event {Sequence}; it is parked", EventName = "EventParked")]
    public static partial void EventParked(ILogger log, string projection, long sequence, Exception e);

    [LoggerMessage(7, LogLevel.Information, "Projection {Projection} was reset or is run by another process; starting over from its recorded progress", EventName = "ProjectionFenced")]
    public static partial void ProjectionFenced(ILogger log, string projection);
}
