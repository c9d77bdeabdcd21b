using Microsoft.Extensions.Options;

namespace ManagedOAuth.Edge.Hosting;

/// <summary>
/// The end of draining, <see cref="EdgeOptions.DrainTimeout"/> after the edge has begun to stop: what is still under way is cut off then, so that there
/// is time left (<see cref="Reserve"/>) to tell Config what was not told yet.
/// </summary>
internal sealed class DrainEnd : IDisposable
{
    /// <summary>The time that the host has to stop everything else after draining.</summary>
    public static readonly TimeSpan Reserve = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _end = new();
    private readonly CancellationTokenRegistration _stopping;

    public DrainEnd(IHostApplicationLifetime lifetime, IOptions<EdgeOptions> options)
    {
        Token = _end.Token;
        _stopping = lifetime.ApplicationStopping.Register(() => _end.CancelAfter(options.Value.DrainTimeout));
    }

    /// <summary>Cancelled at the end.</summary>
    public CancellationToken Token { get; }

    public void Dispose()
    {
        _stopping.Dispose();
        _end.Dispose();
    }
}
