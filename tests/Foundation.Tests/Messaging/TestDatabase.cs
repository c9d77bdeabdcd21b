using ManagedOAuth.Testing;
using Npgsql;

namespace ManagedOAuth.Foundation.Tests.Messaging;

/// <summary>An empty database with the table of effects, and the questions that the tests ask of it.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private const string Observer = "observer";

    private readonly NpgsqlDataSource _dataSource;

    private TestDatabase(string connectionString)
    {
        ConnectionString = connectionString;
        _dataSource = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = Observer, MaxPoolSize = 4 }.ConnectionString);
    }

    public string ConnectionString { get; }

    public static async Task<TestDatabase> CreateAsync()
    {
        var database = new TestDatabase(await PostgresServer.CreateDatabaseAsync());
        await database.ExecuteAsync("create table effects (key text not null, at timestamptz not null default clock_timestamp())");
        return database;
    }

    public async Task<int> ExecuteAsync(string sql, params object[] values)
    {
        await using var command = Command(sql, values);
        return await command.ExecuteNonQueryAsync();
    }

    public async Task<T> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var command = Command(sql, values);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task<List<string>> TextsAsync(string sql, params object[] values)
    {
        await using var command = Command(sql, values);
        await using var reader = await command.ExecuteReaderAsync();
        var texts = new List<string>();
        while (await reader.ReadAsync())
        {
            texts.Add(reader.GetString(0));
        }

        return texts;
    }

    /// <summary>Runs several statements on one connection; the rows of the last one that has any, as texts.</summary>
    public async Task<List<string>> LastResultAsync(string sql, string cleanUp)
    {
        await using var connection = await _dataSource.OpenConnectionAsync();
        var texts = new List<string>();
        await using (var command = new NpgsqlCommand(sql, connection))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            do
            {
                while (await reader.ReadAsync())
                {
                    texts.Add(reader.GetString(0));
                }
            }
            while (await reader.NextResultAsync());
        }

        await using var end = new NpgsqlCommand(cleanUp, connection);
        await end.ExecuteNonQueryAsync();
        return texts;
    }

    public Task<List<string>> EffectsAsync() => TextsAsync("select key from effects order by at");

    public Task<long> CountAsync(string table) => ScalarAsync<long>($"select count(*) from {table}");

    /// <summary>Waits until the queues hold nothing that could still be handled, and nobody handles anything.</summary>
    public Task QueueIsEmptyAsync() => Eventually.Async(async () => await CountAsync("messages.queue") == 0);

    /// <summary>Ends all connections to this database but the test's own, in whatever they are doing.</summary>
    public Task TerminateBackendsAsync() => ExecuteAsync(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name <> $1", Observer);

    /// <summary>Puts a row into a queue as a foreign or older publisher might.</summary>
    public Task InsertMessageAsync(Guid id, string type, string body, string queue = MessagingHost.Queue)
        => ExecuteAsync(
            "insert into messages.queue (id, receiver, message_type, body) values ($1, $2, $3, convert_to($4, 'UTF8')) on conflict do nothing",
            id, queue, type, body);

    public ValueTask DisposeAsync() => _dataSource.DisposeAsync();

    private NpgsqlCommand Command(string sql, object[] values)
    {
        var command = _dataSource.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return command;
    }
}
