using ManagedOAuth.ServiceDefaults;
using ManagedOAuth.ServiceDefaults.Startup;
using ManagedOAuth.ServiceDefaults.Store;
using Marten;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Npgsql;
using Wolverine;
using Wolverine.Marten;
using Wolverine.Postgresql;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds a service's part of the database.</summary>
public static partial class ServiceStoreExtensions
{
    // Each message takes a connection of the pool; requests keep most of it.
    private const int ParallelMessages = 4;

    /// <summary>
    /// Adds the data source (<c>ConnectionStrings:managedoauth</c>: named, at most 16 connections, with deadlines), the event and
    /// document store in the service's own schema, the service's message queue, and the migration as the first start-up step:
    /// the service starts without a database and is ready when it has appeared and has its tables; only then are messages handled.
    /// </summary>
    /// <param name="builder">The service's builder.</param>
    /// <param name="service">The service's name; its schema is the same with <c>_</c> for <c>-</c>.</param>
    /// <param name="store">Event types, documents, projections, JSON contexts.</param>
    /// <param name="messaging">What the service publishes to whom; further handler assemblies.</param>
    public static MartenConfigurationExpression AddServiceStore(
        this WebApplicationBuilder builder, string service, Action<StoreOptions> store, Action<WolverineOptions>? messaging = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(store);
        var name = new ServiceName(service);
        var configuration = builder.Configuration;
        builder.Services.AddSingleton(_ => ServiceDataSource.Create(configuration.GetConnectionString("managedoauth"), name));
        builder.Services.AddHealthChecks().AddCheck<PostgresHealthCheck>("postgres", timeout: TimeSpan.FromSeconds(3));
        builder.Services.AddHostedService<ConnectionStringCheck>();
        builder.Services.AddStartupStep<SchemaStep>();
        builder.Services.AddAfterStartupSteps(services => services.AddHostedService<ReadModelRebuild>());
        builder.Services.AddAfterStartupSteps(services => services.AddWolverine(options =>
        {
            options.ServiceName = name.Value;
            options.ListenToPostgresqlQueue(name.Value).MaximumParallelMessages(ParallelMessages);

            // The service's assembly is the one that this delegate was written in: under a test host it is not the entry one.
            options.Discovery.IncludeAssembly(store.Method.Module.Assembly);
            messaging?.Invoke(options);
        }));
        return builder.Services
            .AddMarten(options =>
            {
                options.DatabaseSchemaName = name.Schema;
                store(options);
            })
            .IntegrateWithWolverine();
    }

    private sealed class SchemaStep(IDocumentStore store, NpgsqlDataSource database, ServiceName service, ILogger<SchemaStep> logger) : IStartupStep
    {
        public string Name => "apply the database schema";

        public async Task RunAsync(CancellationToken cancellation)
        {
            await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync(cancellation);
            await using var command = database.CreateCommand($"select has_table_privilege('{service.Schema}.mt_events', 'update, delete, truncate')");
            if (await command.ExecuteScalarAsync(cancellation) is true)
            {
                Log.HistoryIsWritable(logger, service.Schema);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The database role of this service may change and remove events in {Schema}.mt_events: run AppHost/Database/database.sql, which takes that from it", EventName = "HistoryIsWritable")]
        public static partial void HistoryIsWritable(ILogger logger, string schema);
    }

    // A missing or unreadable connection string is refused as the host starts; an absent server is waited for.
    private sealed class ConnectionStringCheck(IServiceProvider services) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            _ = services.GetRequiredService<NpgsqlDataSource>();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class PostgresHealthCheck(NpgsqlDataSource database) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await using var command = database.CreateCommand("select 1");
                await command.ExecuteScalarAsync(cancellationToken);
                return HealthCheckResult.Healthy();
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or IOException or OperationCanceledException)
            {
                return HealthCheckResult.Unhealthy();
            }
        }
    }
}
