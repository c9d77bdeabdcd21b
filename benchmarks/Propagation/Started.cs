using ManagedOAuth.EndToEnd.Tests.Topology;

namespace ManagedOAuth.Benchmarks.Propagation;

/// <summary>Stops the topology however the measurement ends.</summary>
internal sealed class Started(LocalTopology topology) : IAsyncDisposable
{
    public LocalTopology Value => topology;

    public async ValueTask DisposeAsync() => await topology.DisposeAsync();
}
