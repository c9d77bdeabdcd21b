using Npgsql;

namespace Marten;

/// <summary>Data sources as the store likes them.</summary>
public static class StoreDataSource
{
    /// <summary>
    /// Makes a data source with a name (traces show it instead of the connection string), automatic preparation, at most 16 connections, commands of at most 10 s,
    /// and without the reset on return (the store leaves no session state behind). What the connection string says itself is kept.
    /// </summary>
    public static NpgsqlDataSource Create(string connectionString, string name, Action<NpgsqlDataSourceBuilder>? configure = null)
    {
        var given = new NpgsqlConnectionStringBuilder(connectionString);
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        Default("Max Auto Prepare", () => settings.MaxAutoPrepare = 60);
        Default("Auto Prepare Min Usages", () => settings.AutoPrepareMinUsages = 2);
        Default("Maximum Pool Size", () => settings.MaxPoolSize = 16);
        Default("No Reset On Close", () => settings.NoResetOnClose = true);
        Default("Timeout", () => settings.Timeout = 5);
        // The time-out that the store gives each command: with another one here, every command would set the socket's time-out there and back.
        Default("Command Timeout", () => settings.CommandTimeout = 10);
        Default("Enlist", () => settings.Enlist = false);
        Default("Application Name", () => settings.ApplicationName = name);
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString) { Name = name };
        configure?.Invoke(builder);
        return builder.Build();

        void Default(string key, Action set)
        {
            if (!given.ContainsKey(key) || !IsGiven(key))
            {
                set();
            }
        }

        // ContainsKey also knows keys that were not given: only the text itself tells.
        bool IsGiven(string key) => new System.Data.Common.DbConnectionStringBuilder { ConnectionString = connectionString }.ContainsKey(key);
    }
}
