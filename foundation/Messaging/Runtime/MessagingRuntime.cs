using Marten;
using Marten.Exceptions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Wolverine.Handlers;
using Wolverine.Postgresql;

namespace Wolverine.Runtime;

/// <summary>Starts and stops everything that runs in the background of one host.</summary>
/// <remarks>
/// Listening begins when the whole host has started and ends before anything of it stops, so a handler always finds
/// the application complete. Publishing works as long as there is a database.
/// </remarks>
internal sealed class MessagingRuntime(
    SchemaInstaller schema, NodeAgent node, WakeUps wakeUps, Housekeeper housekeeper, IEnumerable<QueueListener> listeners, WolverineOptions options,
    HandlerGraph handlers, IServiceProviderIsService services, IServiceScopeFactory scopes)
    : IHostedLifecycleService, IDisposable
{
    private readonly QueueListener[] _listeners = [.. listeners];
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _background = [];
    private bool _registered;

    private bool HasSessions => services.IsService(typeof(IDocumentSession));

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        // Asking for the handlers is what finds and checks them: a host with a handler that cannot work does not start.
        options.Durability.Validate();
        return handlers.Count == 0 || HasSessions ? Task.CompletedTask : throw new InvalidOperationException(
            "Handlers work in a session of the event store: call AddMarten(...).IntegrateWithWolverine().");
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await schema.EnsureAsync(cancellationToken);
        await node.RegisterAsync(cancellationToken);
        _registered = true;
        if (HasSessions)
        {
            await CheckOneDatabaseAsync(cancellationToken);
        }

        _background.Add(Task.Run(() => node.RunAsync(_stop.Token), CancellationToken.None));
        _background.Add(Task.Run(() => housekeeper.RunAsync(_stop.Token), CancellationToken.None));
        if (options.Durability.UseNotify)
        {
            _background.Add(Task.Run(() => wakeUps.SendAsync(_stop.Token), CancellationToken.None));
            if (_listeners.Length > 0)
            {
                _background.Add(Task.Run(() => wakeUps.ReceiveAsync(_stop.Token), CancellationToken.None));
            }
        }
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        foreach (var listener in _listeners)
        {
            listener.Start();
        }

        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.WhenAll(_listeners.Select(l => l.DrainAsync(cancellationToken)));

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_background);
        if (_registered)
        {
            try
            {
                await node.RemoveAsync(cancellationToken);
            }
            catch (Exception)
            {
                // Protects the stop of the host, possibly without a database: others remove the row once it is stale.
            }
        }
    }

    public void Dispose()
    {
        _stop.Dispose();
        foreach (var listener in _listeners)
        {
            listener.Dispose();
        }

        if (options.OwnsDataSource)
        {
            options.DataSource!.Dispose();
        }
    }

    // Messages and effects commit together or not at all, so they must be in one database: the session has to see our row.
    private async Task CheckOneDatabaseAsync(CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var session = scope.ServiceProvider.GetRequiredService<IDocumentSession>();
        session.QueueSqlCommand($"select 1 / count(*) from {options.SchemaName}.node where id = ?", node.Id);
        try
        {
            await session.SaveChangesAsync(ct);
        }
        catch (MartenCommandException failure) when (failure.SqlState is PostgresErrorCodes.DivisionByZero or PostgresErrorCodes.UndefinedTable)
        {
            throw new InvalidOperationException("The event store and the messages are in different databases: what they write could not commit together.", failure);
        }
    }
}
