using Npgsql;

namespace Wolverine.Postgresql;

/// <summary>PostgreSQL as the place of the messages.</summary>
public static class PostgresqlConfigurationExtensions
{
    /// <summary>Keeps messages in this database, which must be the one that the domain's events are in: they commit together.</summary>
    /// <param name="options">The options.</param>
    /// <param name="dataSource">Stays the caller's to dispose.</param>
    /// <param name="schemaName">Schema of the four tables; shared by all services.</param>
    public static void PersistMessagesWithPostgresql(this WolverineOptions options, NpgsqlDataSource dataSource, string schemaName = "messages")
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(dataSource);
        options.UseDatabase(dataSource, owned: false, schemaName);
    }

    /// <summary>As above, with a data source of its own.</summary>
    public static void PersistMessagesWithPostgresql(this WolverineOptions options, string connectionString, string schemaName = "messages")
    {
        ArgumentNullException.ThrowIfNull(options);
        options.UseDatabase(NpgsqlDataSource.Create(connectionString), owned: true, schemaName);
    }

    /// <summary>Handles the messages of this queue in this process, together with every other process that listens to it.</summary>
    public static PostgresqlListenerConfiguration ListenToPostgresqlQueue(this WolverineOptions options, string queueName)
    {
        ArgumentNullException.ThrowIfNull(options);
        Identifiers.CheckQueue(queueName);
        if (!options.Listeners.TryGetValue(queueName, out var listener))
        {
            options.Listeners.Add(queueName, listener = new PostgresqlListenerConfiguration(queueName));
        }

        return listener;
    }
}
