using Marten.Sql;
using Npgsql;

namespace Marten.Sessions;

/// <summary>A transaction that a session holds open between its reads and its save.</summary>
internal sealed class SessionTransaction : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private SessionTransaction(Database outside, NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        (Outside, _connection, _transaction) = (outside, connection, transaction);
        Database = outside.On(connection);
    }

    /// <summary>Runs statements inside the transaction.</summary>
    public Database Database { get; }

    /// <summary>What the session used before, and uses again afterwards.</summary>
    public Database Outside { get; }

    public static async Task<SessionTransaction> BeginAsync(Database database, CancellationToken ct)
    {
        var connection = await database.OpenAsync(ct);
        try
        {
            return new SessionTransaction(database, connection, await connection.BeginTransactionAsync(ct));
        }
        catch (NpgsqlException e)
        {
            await connection.DisposeAsync();
            throw PostgresErrors.Map(e);
        }
    }

    public async Task CommitAsync(CancellationToken ct)
    {
        try
        {
            await _transaction.CommitAsync(ct);
        }
        catch (NpgsqlException e)
        {
            throw PostgresErrors.Map(e);
        }
    }

    /// <summary>Rolls back what was not committed, and gives the connection back.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _transaction.DisposeAsync();
        }
        catch (NpgsqlException)
        {
            // The connection is broken: the server rolls back by itself, and the pool drops the connection.
        }

        await _connection.DisposeAsync();
    }
}
