#pragma warning disable CA1822, CS9113, CA2000, CS0067, CA1812, CA1801, CA1063,CA1816
using Marten.Events;
using Marten.Events.Daemon;
using Marten.Schema;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
namespace Marten
{
    internal sealed class DocumentStore(StoreOptions options, TimeProvider time, ILoggerFactory? logs) : IDocumentStore
    {
        public StoreOptions Options => options;
        public AdvancedOperations Advanced => new(this);
        public IMartenStorage Storage => throw new NotSupportedException();
        public CommitSignal Commits => throw new NotSupportedException();
        public FeedStub Feed => throw new NotSupportedException();
        public RebuilderStub Rebuilder => throw new NotSupportedException();
        public IDocumentSession LightweightSession() => throw new NotSupportedException();
        public IQuerySession QuerySession() => throw new NotSupportedException();
        public void Dispose() { }
        public ValueTask DisposeAsync() => default;
    }
    internal sealed class CommitSignal { public Task Next => Task.CompletedTask; }
    internal sealed class FeedStub
    {
        public Task<EventPage> ReadSafeAsync(EventQuery q, CancellationToken ct) => throw new NotSupportedException();
        public Task<EventPage> ReadVisibleAsync(EventQuery q, CancellationToken ct) => throw new NotSupportedException();
        public Task<IReadOnlyList<ProjectionProgress>> ProgressAsync(CancellationToken ct) => throw new NotSupportedException();
        public Task WaitForProjectionsAsync(TimeSpan t, CancellationToken ct) => throw new NotSupportedException();
    }
    internal sealed class RebuilderStub { public Task RebuildAsync(string n, CancellationToken ct) => throw new NotSupportedException(); }
    internal sealed class SchemaStartup : IHostedService
    {
        public Task StartAsync(CancellationToken ct) => throw new NotSupportedException();
        public Task StopAsync(CancellationToken ct) => Task.CompletedTask;
    }
    internal sealed class ProjectionDaemon(DocumentStore store, DaemonMode mode, ILogger<ProjectionDaemon> log) : IHostedService
    {
        public Task StartAsync(CancellationToken ct) => throw new NotSupportedException();
        public Task StopAsync(CancellationToken ct) => Task.CompletedTask;
    }
}
namespace Marten.Sessions
{
    internal abstract class DocumentSession
    {
        public EventGraph Graph => throw new NotSupportedException();
        public Task<Dictionary<TId, T>> LoadForProjectionAsync<T, TId>(IReadOnlyCollection<TId> ids, CancellationToken ct) where T : class where TId : notnull => throw new NotSupportedException();
        public void StoreProjected<T, TId>(TId id, T? doc, long version) where T : class where TId : notnull => throw new NotSupportedException();
    }
}
