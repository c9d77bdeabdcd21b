using Aspire.Hosting;
using Npgsql;

namespace ManagedOAuth.AppHost.Database;

/// <summary>Runs <c>database.sql</c>, then gives each role its password.</summary>
public static class DatabaseSetup
{
    /// <summary>The roles, each with the schema of its name.</summary>
    public static readonly IReadOnlyList<string> Roles = ["config", "authorization_server", "token"];

    /// <summary>The script, as production runs it by hand.</summary>
    public static string Script()
    {
        using var stream = typeof(DatabaseSetup).Assembly.GetManifestResourceStream("database.sql")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>Brings the database into shape; may run any number of times.</summary>
    /// <exception cref="DistributedApplicationException">The given user may not create roles and schemas.</exception>
    public static async Task ApplyAsync(string connectionString, Func<string, string> passwordOf, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(ct);
        try
        {
            await using (var script = new NpgsqlCommand(Script(), connection))
            {
                await script.ExecuteNonQueryAsync(ct);
            }
            foreach (var role in Roles)
            {
                // No parameters in DDL; both parts are ours: a name from the list above, a hexadecimal password.
                await using var password = new NpgsqlCommand($"alter role {role} password '{passwordOf(role)}'", connection);
                await password.ExecuteNonQueryAsync(ct);
            }
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new DistributedApplicationException($"The given database user may not create roles and schemas ({e.MessageText}). Run AppHost/Database/database.sql as one who may, or give such a user.", e);
        }
    }

    /// <summary>The connection string of a role.</summary>
    public static string ConnectionStringOf(string superuser, string role, string password) => new NpgsqlConnectionStringBuilder(superuser)
    {
        Username = role,
        Password = password,
    }.ConnectionString;
}
