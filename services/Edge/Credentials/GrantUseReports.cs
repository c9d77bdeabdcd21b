using System.Collections.Concurrent;
using Google.Protobuf.WellKnownTypes;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Edge.Telemetry;

namespace ManagedOAuth.Edge.Credentials;

/// <summary>
/// Tells Token when grants and browser sessions were used, to some minutes. Requests only note it; what Token does not take now is told with the
/// next report.
/// </summary>
internal sealed class GrantUseReports(GrantUses.GrantUsesClient token, TimeProvider clock, ILogger<GrantUseReports> logger)
    : PeriodicReports("The uses of grants", TimeSpan.FromSeconds(15), clock, logger)
{
    private const int MostAtOnce = 1000;
    private const int MostWaiting = 100_000;
    private static readonly TimeSpan s_coarseness = TimeSpan.FromMinutes(5);
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _untold = new();
    private int _waiting;

    /// <summary>The grants whose use has not been told yet.</summary>
    public ICollection<Guid> Waiting => _untold.Keys;

    /// <summary>The credential let a request in now.</summary>
    public void Note(VerifiedCredential credential)
    {
        var now = Clock.GetUtcNow();
        if (now.UtcTicks - credential.UseNotedTicks < s_coarseness.Ticks || credential.GrantId == Guid.Empty || Volatile.Read(ref _waiting) >= MostWaiting)
        {
            return;
        }

        credential.UseNotedTicks = now.UtcTicks;
        if (_untold.TryAdd(credential.GrantId, now))
        {
            Interlocked.Increment(ref _waiting);
        }
    }

    protected override async Task ReportAsync(DateTime deadline, CancellationToken cancellation)
    {
        while (_untold.Take(MostAtOnce).ToList() is { Count: > 0 } uses)
        {
            var report = new GrantUsesReport();
            report.Uses.AddRange(uses.Select(used => new GrantUse { GrantId = used.Key.ToString(), At = used.Value.ToTimestamp() }));
            await token.ReportAsync(report, deadline: deadline, cancellationToken: cancellation);
            foreach (var used in uses)
            {
                _untold.TryRemove(used);
                Interlocked.Decrement(ref _waiting);
            }
        }
    }
}
