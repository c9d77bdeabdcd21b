using System.Collections.Concurrent;

namespace ManagedOAuth.Edge.ServiceRouting;

/// <summary>The private HTTP addresses of our services (<c>services:{name}:http:{n}</c>), taken in turns.</summary>
internal sealed class ServiceReplicas(IConfiguration configuration)
{
    private readonly ConcurrentDictionary<string, string[]> _addresses = new(StringComparer.Ordinal);
    private int _turn;

    /// <summary>All replicas, beginning with the one whose turn it is. Empty when none is configured.</summary>
    public IEnumerable<string> InTurn(string service)
    {
        var all = _addresses.GetOrAdd(service, Read);
        var first = (uint)Interlocked.Increment(ref _turn);
        for (var i = 0u; i < all.Length; i++)
        {
            yield return all[(first + i) % (uint)all.Length];
        }
    }

    private string[] Read(string service)
        => [.. configuration.GetSection($"services:{service}:http").GetChildren().Select(child => child.Value?.TrimEnd('/')).Where(value => value is { Length: > 0 })!];
}
