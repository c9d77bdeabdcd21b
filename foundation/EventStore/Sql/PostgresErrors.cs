using Marten.Exceptions;
using Npgsql;

namespace Marten.Sql;

/// <summary>Turns what Npgsql throws into the store's exceptions.</summary>
internal static class PostgresErrors
{
    public const string UniqueViolation = PostgresErrorCodes.UniqueViolation;
    public const string DeadlockDetected = PostgresErrorCodes.DeadlockDetected;

    /// <summary>The exception to throw instead; the same one if it is not the database's.</summary>
    public static Exception Map(Exception exception) => exception switch
    {
        PostgresException e when IsUnavailable(e.SqlState) =>
            new StoreUnavailableException($"PostgreSQL is not available: {e.SqlState} {e.MessageText}", e.SqlState, e),
        PostgresException e => new MartenCommandException(
            $"PostgreSQL refused the command: {e.SqlState} {e.MessageText}", e.SqlState, e.ConstraintName, e.IsTransient, e),
        NpgsqlException e => new StoreUnavailableException($"PostgreSQL did not answer: {e.Message}", null, e),
        _ => exception,
    };

    // 08 connection, 53300 too many connections, 57014 statement time-out, 57P0x shutdown or start-up.
    private static bool IsUnavailable(string state) =>
        state.StartsWith("08", StringComparison.Ordinal) || state is "53300" or "57014" or "57P01" or "57P02" or "57P03" or "25P03";
}
