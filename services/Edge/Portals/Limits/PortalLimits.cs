using System.Globalization;
using System.Threading.RateLimiting;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Sessions;
using ManagedOAuth.ServiceDefaults.RateLimits;
using Microsoft.Extensions.Options;
using RateLimiter = ManagedOAuth.ServiceDefaults.RateLimits.RateLimiter;

namespace ManagedOAuth.Edge.Portals.Limits;

/// <summary>
/// How often and how much at once: per user, per user and server, per user and tool, per server; and how many sessions a user begins. How often is counted for all edges
/// together in Redis, asked once for all limits of a call; where it does not answer at once each edge counts by itself. What is under way is counted by each edge.
/// </summary>
internal sealed class PortalLimits(RateLimiter limiter, IOptions<PortalOptions> options) : IDisposable
{
    private readonly PortalOptions _options = options.Value;

    private readonly PartitionedRateLimiter<Subject> _atOnce = PartitionedRateLimiter.Create<Subject, Subject>(static subject
        => RateLimitPartition.GetConcurrencyLimiter(subject, static key => new ConcurrencyLimiterOptions { PermitLimit = key.Permits }));

    // What an edge writes of refusals is its own matter.
    private readonly PartitionedRateLimiter<string> _notes = PartitionedRateLimiter.Create<string, string>(static principal
        => RateLimitPartition.GetTokenBucketLimiter(principal, static _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = 20,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            AutoReplenishment = true,
        }));

    /// <summary>Asks for a call. When it is refused, the error says when to come again; otherwise the lease is disposed at its end.</summary>
    public async ValueTask<(RpcError? Refused, IDisposable Lease)> TryBeginAsync(PortalRequest request, PortalServer server)
    {
        var (user, id, tool) = (request.Principal.Key, server.Record.Id.ToString("N"), request.Log.Tool);
        var held = new Leases();
        if ((TryHold(held, new($"{user}/{id}", _options.ConcurrentCallsPerUserAndServer), "calls of yours are under way at this server")
            ?? TryHold(held, new(id, _options.ConcurrentCallsPerServer), "calls are under way at this server")) is { } tooManyAtOnce)
        {
            return (tooManyAtOnce, held);
        }

        var perServer = server.Record.CallsPerMinute > 0 ? server.Record.CallsPerMinute : _options.UserCallsPerServerAndMinute;
        List<Demand> demands =
        [
            new($"{user}/{id}", perServer, "calls of yours in a minute at this server"),
            new(id, _options.ServerCallsPerMinute, "calls in a minute at this server"),
        ];
        if (tool.Length > 0)
        {
            demands.Add(new($"{user}/{id}/{tool}", Math.Min(perServer, _options.UserCallsPerToolAndMinute), "calls of yours in a minute of this tool"));
        }

        try
        {
            if (await TryCountAsync(demands) is not { } refused)
            {
                return (null, held);
            }

            held.Dispose();
            return (refused, held);
        }
        catch
        {
            // Whatever counting threw: a call that was not made is not under way.
            held.Dispose();
            throw;
        }
    }

    /// <summary>Counts a request of somebody; the error when it is one too many.</summary>
    public ValueTask<RpcError?> TryCountAsync(PortalPrincipal principal) => TryCountAsync([new Demand(principal.Key, _options.UserCallsPerMinute, "requests of yours in a minute")]);

    /// <summary>Counts a session that somebody begins; the error when it is one too many.</summary>
    public ValueTask<RpcError?> TryBeginSessionAsync(PortalPrincipal principal)
        => TryCountAsync([new Demand(principal.Key + "/sessions", _options.UserSessionsPerMinute, "sessions that you begin in a minute")]);

    /// <summary>Asks for a stream to listen on. When it is refused, the error says so; otherwise the lease is disposed when the stream ends.</summary>
    public RpcError? TryListen(PortalPrincipal principal, out IDisposable lease)
    {
        var held = new Leases();
        lease = held;
        return TryHold(held, new Subject(principal.Key + "/streams", _options.StreamsPerUser), "streams on which your clients listen at the same time");
    }

    /// <summary>Whether a refusal is still to be noted in the portal's log: one a second, and some more at once.</summary>
    public bool TryNote(PortalPrincipal principal)
    {
        using var asked = _notes.AttemptAcquire(principal.Key);
        return asked.IsAcquired;
    }

    public void Dispose()
    {
        _atOnce.Dispose();
        _notes.Dispose();
    }

    private async ValueTask<RpcError?> TryCountAsync(List<Demand> demands)
        => await limiter.AcquireAllAsync(demands.ConvertAll(static demand => demand.ToRate()), _options.CountingPatience) is var (index, after)
            ? TooMany(demands[index].What, demands[index].PerMinute, after)
            : null;

    private RpcError? TryHold(Leases held, Subject subject, string what)
    {
        var asked = _atOnce.AttemptAcquire(subject);
        held.Add(asked);
        if (asked.IsAcquired)
        {
            return null;
        }

        held.Dispose();
        return TooMany(what, subject.Permits, TimeSpan.Zero);
    }

    private static RpcError TooMany(string what, int most, TimeSpan after)
    {
        var seconds = Math.Max(1, (int)Math.Ceiling(after.TotalSeconds));
        return new RpcError(RpcCodes.RateLimited, $"Too many {what} (at most {most}). Try again in {seconds} s.")
        {
            RetryAfter = seconds,
            Data = [("retry_after", System.Text.Encoding.UTF8.GetBytes(seconds.ToString(CultureInfo.InvariantCulture)))],
        };
    }

    // A changed number is another subject: what was counted under the old one no longer counts.
    private readonly record struct Subject(string Key, int Permits);

    private readonly record struct Demand(string Key, int PerMinute, string What)
    {
        // A tenth of a minute's calls at once, the rest as time goes by.
        public RateDemand ToRate()
            => new(new RateLimit("portal", PerMinute, TimeSpan.FromMinutes(1), Math.Max(PerMinute / 10, Math.Min(PerMinute, 20))), $"{Key} {PerMinute}");
    }

    private sealed class Leases : IDisposable
    {
        private readonly List<RateLimitLease> _leases = new(2);

        public void Add(RateLimitLease lease) => _leases.Add(lease);

        public void Dispose()
        {
            foreach (var lease in _leases)
            {
                lease.Dispose();
            }

            _leases.Clear();
        }
    }
}
