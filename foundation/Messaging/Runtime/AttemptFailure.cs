using Marten.Exceptions;
using Npgsql;
using Wolverine.Postgresql;

namespace Wolverine.Runtime;

/// <summary>What an exception of one attempt means for its message.</summary>
internal enum AttemptFailure
{
    /// <summary>The handler failed: the failure rules decide.</summary>
    Failed,

    /// <summary>The message was handled before; its effects are there.</summary>
    HandledBefore,

    /// <summary>The row belongs to someone else by now, or is gone.</summary>
    ClaimLost,

    /// <summary>The database cannot be reached: not the message's fault.</summary>
    Unavailable,
}

/// <summary>Reads the meaning from the exception.</summary>
internal static class AttemptFailures
{
    public static AttemptFailure Classify(Exception failure, string schema)
    {
        for (var e = failure; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case PostgresException { TableName: QueueSql.InboxTable, SqlState: PostgresErrorCodes.UniqueViolation } p when p.SchemaName == schema:
                    return AttemptFailure.HandledBefore;
                case PostgresException { TableName: QueueSql.InboxTable, SqlState: PostgresErrorCodes.NotNullViolation } p when p.SchemaName == schema:
                    return AttemptFailure.ClaimLost;
                case StoreUnavailableException { InnerException: TimeoutException or NpgsqlException { InnerException: TimeoutException } }:
                    // A statement that is too slow may be this message's own: it has to count, or it would come back for ever.
                    return AttemptFailure.Failed;
                case StoreUnavailableException:
                case PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown
                    or PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.TooManyConnections }:
                case NpgsqlException { InnerException: IOException or System.Net.Sockets.SocketException }:
                    return AttemptFailure.Unavailable;
            }
        }

        return AttemptFailure.Failed;
    }
}
