using Marten.Exceptions;
using Microsoft.Extensions.Hosting;

namespace Marten.Schema;

/// <summary>Applies the schema when the host starts, waiting for a database that is just starting too.</summary>
internal sealed class SchemaStartup(IDocumentStore store, TimeProvider time) : IHostedService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var until = time.GetUtcNow() + store.Options.SchemaTimeout;
        while (true)
        {
            try
            {
                await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync(cancellationToken);
                return;
            }
            catch (StoreUnavailableException e) when (time.GetUtcNow() < until)
            {
                StoreLog.DatabaseNotReady(((DocumentStore)store).Log, e.Message);
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
