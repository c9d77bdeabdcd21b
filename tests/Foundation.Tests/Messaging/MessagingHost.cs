using System.Collections.Concurrent;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Wolverine;
using Wolverine.Marten;
using Wolverine.Postgresql;

namespace ManagedOAuth.Foundation.Tests.Messaging;

/// <summary>One node: a real host with store and messaging over a real database.</summary>
public sealed class MessagingHost : IAsyncDisposable
{
    public const string Queue = "test";

    private static readonly Type[] s_handlers =
    [
        typeof(RecordHandler), typeof(RelayHandler), typeof(FailHandler), typeof(WaitHandler), typeof(BoomHandler), typeof(NamedByAttributeHandler),
        typeof(CounterHandler),
    ];

    private readonly IHost _host;
    private bool _stopped;

    private MessagingHost(IHost host, LogRecorder logs)
    {
        _host = host;
        Logs = logs;
    }

    public IServiceProvider Services => _host.Services;

    public Probe Probe => Services.GetRequiredService<Probe>();

    public IDeadLetters DeadLetters => Services.GetRequiredService<IDeadLetters>();

    public LogRecorder Logs { get; }

    public static async Task<MessagingHost> StartAsync(
        TestDatabase database, Action<WolverineOptions>? configure = null, Action<IServiceCollection>? services = null)
    {
        var logs = new LogRecorder();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.AddProvider(logs).SetMinimumLevel(LogLevel.Trace);
        Configure(builder, database.ConnectionString, configure);
        services?.Invoke(builder.Services);
        var host = new MessagingHost(builder.Build(), logs);
        await host._host.StartAsync();
        return host;
    }

    /// <summary>The same node, also for a process of its own.</summary>
    public static void Configure(HostApplicationBuilder builder, string connectionString, Action<WolverineOptions>? configure = null)
    {
        builder.Services.AddSingleton(_ => NpgsqlDataSource.Create(connectionString));
        builder.Services.AddSingleton<Probe>();
        builder.Services.AddMarten(o =>
        {
            o.DatabaseSchemaName = "app";
            o.Events.AddEventType<CounterOpened>();
            o.Events.AddEventType<CounterIncreased>();
        }).IntegrateWithWolverine().ApplyAllDatabaseChangesOnStartup();
        builder.UseWolverine(o =>
        {
            o.ServiceName = "tests";
            o.Discovery.DisableConventionalDiscovery();
            foreach (var handler in s_handlers)
            {
                o.Discovery.IncludeType(handler);
            }

            o.ListenToPostgresqlQueue(Queue);
            o.Durability.PollingInterval = TimeSpan.FromMilliseconds(100);
            configure?.Invoke(o);
        });
    }

    /// <summary>Publishes in one transaction, as an endpoint does.</summary>
    public async Task PublishAsync(params object[] messages)
    {
        await using var scope = Services.CreateAsyncScope();
        var session = scope.ServiceProvider.GetRequiredService<IDocumentSession>();
        var outbox = scope.ServiceProvider.GetRequiredService<IMartenOutbox>();
        outbox.Enroll(session);
        foreach (var message in messages)
        {
            await outbox.PublishAsync(message);
        }

        await session.SaveChangesAsync();
    }

    public async Task<T> WithBusAsync<T>(Func<IMessageBus, Task<T>> use)
    {
        await using var scope = Services.CreateAsyncScope();
        return await use(scope.ServiceProvider.GetRequiredService<IMessageBus>());
    }

    public async Task WithBusAsync(Func<IMessageBus, Task> use)
    {
        await using var scope = Services.CreateAsyncScope();
        await use(scope.ServiceProvider.GetRequiredService<IMessageBus>());
    }

    public async Task StopAsync()
    {
        _stopped = true;
        await _host.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopped)
        {
            await _host.StopAsync();
        }

        await ((IAsyncDisposable)_host).DisposeAsync();
    }
}

/// <summary>Keeps every log line with its state, so that tests can look for what must not be there.</summary>
public sealed class LogRecorder : ILoggerProvider
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => new Recorder(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Recorder(LogRecorder owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => owner.Lines.Enqueue($"{logLevel} {category}: {formatter(state, exception)} {exception}");
    }
}
