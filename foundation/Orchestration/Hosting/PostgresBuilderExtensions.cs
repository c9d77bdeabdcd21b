using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Provisioning;
using Aspire.Hosting.Running;
using Npgsql;

namespace Aspire.Hosting;

/// <summary>PostgreSQL servers and databases.</summary>
public static class PostgresBuilderExtensions
{
    /// <summary>
    /// Adds a server: the one whose connection string the configuration gives under its name or that of one of its databases, else a local one,
    /// else a container, else a freshly installed one.
    /// </summary>
    public static IResourceBuilder<PostgresServerResource> AddPostgres(this IDistributedApplicationBuilder builder, string name)
    {
        var server = builder.AddResource(new PostgresServerResource(name));
        ServerProvisioning.AddTo(server, ServerKind.Postgres, () => server.Resource.DataDirectory,
            () => builder.Resources.OfType<PostgresDatabaseResource>().Where(database => database.Parent == server.Resource).Select(database => database.Name).Prepend(name),
            connectionString => server.Resource.ConnectionString = connectionString);
        server.WithAnnotation(new ServerAddressAnnotation(() => server.Resource.ConnectionString is null ? null : AddressOf(server.Resource.GetConnectionString())));
        return server.WithAnnotation(new HealthCheckAnnotation(name + "_check", (_, ct) => AnswersAsync(server.Resource.GetConnectionString(), ct)));
    }

    /// <summary>Keeps the data in this folder between runs. Without it, data live in a temporary folder.</summary>
    public static IResourceBuilder<PostgresServerResource> WithDataBindMount(this IResourceBuilder<PostgresServerResource> builder, string source)
    {
        builder.Resource.DataDirectory = source;
        return builder;
    }

    /// <summary>Adds a database, created when it is missing.</summary>
    /// <param name="builder">The server.</param>
    /// <param name="name">Name of the resource and of the database.</param>
    /// <param name="initializeAsync">Ours: brings the database (roles, schemas) into shape before it counts as running. Gets the superuser's connection string. Runs at every start.</param>
    public static IResourceBuilder<PostgresDatabaseResource> AddDatabase(this IResourceBuilder<PostgresServerResource> builder, string name, Func<string, CancellationToken, Task>? initializeAsync = null)
    {
        var database = builder.ApplicationBuilder.AddResource(new PostgresDatabaseResource(name, builder.Resource));
        return database
            .WaitFor(builder)
            .WithAnnotation(new LauncherAnnotation(async (_, ct) =>
            {
                await CreateAsync(database.Resource, ct).ConfigureAwait(false);
                if (initializeAsync is not null)
                {
                    await initializeAsync(database.Resource.GetConnectionString(), ct).ConfigureAwait(false);
                }
                return new RunningElsewhere();
            }))
            .WithAnnotation(new HealthCheckAnnotation(name + "_check", (_, ct) => AnswersAsync(database.Resource.GetConnectionString(), ct)));
    }

    private static async Task CreateAsync(PostgresDatabaseResource database, CancellationToken ct)
    {
        try
        {
            await using var existing = new NpgsqlConnection(WithoutPool(database.GetConnectionString()));
            await existing.OpenAsync(ct).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            await using var server = new NpgsqlConnection(WithoutPool(new NpgsqlConnectionStringBuilder(database.Parent.GetConnectionString()) { Database = "postgres" }.ConnectionString));
            await server.OpenAsync(ct).ConfigureAwait(false);
            await using var command = new NpgsqlCommand($"create database \"{database.Name}\"", server); // the name is checked by Resource
            await command.ExecuteNonQueryAsync(ct).ConfigureAwait(false);
        }
    }

    private static async Task<string?> AnswersAsync(string connectionString, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(WithoutPool(connectionString));
        await connection.OpenAsync(ct).ConfigureAwait(false);
        return null;
    }

    private static string AddressOf(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"tcp://{settings.Host}:{settings.Port}");
    }

    private static string WithoutPool(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Timeout = 4 }.ConnectionString;
}
