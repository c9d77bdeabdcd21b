using System.Globalization;
using System.Threading.RateLimiting;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Sessions;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Edge.Portals.Limits;

/// <summary>
/// How often and how much at once: per user, per user and server, per user and tool, per server; and how many sessions a user begins. Counted in this edge's memory, so that no call waits for
/// a store; with several edges a user has as many times more as there are edges.
/// </summary>
internal sealed class PortalLimits(IOptions<PortalOptions> options) : IDisposable
{
    private readonly PortalOptions _options = options.Value;

    private readonly PartitionedRateLimiter<Subject> _calls = PartitionedRateLimiter.Create<Subject, Subject>(static subject
        => RateLimitPartition.GetTokenBucketLimiter(subject, static key => new TokenBucketRateLimiterOptions
        {
            // A tenth of a minute's calls at once, the rest as time goes by.
            TokenLimit = Math.Max(key.Permits / 10, Math.Min(key.Permits, 20)),
            TokensPerPeriod = Share(key.Permits).Permits,
            ReplenishmentPeriod = Share(key.Permits).Period,
            AutoReplenishment = true,
        }));

    private readonly PartitionedRateLimiter<Subject> _atOnce = PartitionedRateLimiter.Create<Subject, Subject>(static subject
        => RateLimitPartition.GetConcurrencyLimiter(subject, static key => new ConcurrencyLimiterOptions { PermitLimit = key.Permits }));

    /// <summary>Asks for a call. When it is refused, the error says when to come again; otherwise the lease is disposed at its end.</summary>
    public RpcError? TryBegin(PortalRequest request, PortalServer server, out IDisposable lease)
    {
        var (user, id) = (request.Principal.Key, server.Record.Id.ToString("N"));
        var perServer = server.Record.CallsPerMinute > 0 ? server.Record.CallsPerMinute : _options.UserCallsPerServerAndMinute;
        var held = new Leases();
        lease = held;
        var subjects = new List<(PartitionedRateLimiter<Subject> Limiter, Subject Subject, string What)>(6)
        {
            (_atOnce, new($"{user}/{id}", _options.ConcurrentCallsPerUserAndServer), "calls of yours are under way at this server"),
            (_atOnce, new(id, _options.ConcurrentCallsPerServer), "calls are under way at this server"),
            (_calls, new($"{user}/{id}", perServer), "calls of yours in a minute at this server"),
            (_calls, new(id, _options.ServerCallsPerMinute), "calls in a minute at this server"),
        };
        if (request.Log.Tool.Length > 0)
        {
            subjects.Add((_calls, new($"{user}/{id}/{request.Log.Tool}", Math.Min(perServer, _options.UserCallsPerToolAndMinute)), "calls of yours in a minute of this tool"));
        }

        foreach (var (limiter, subject, what) in subjects)
        {
            var asked = limiter.AttemptAcquire(subject);
            held.Add(asked);
            if (!asked.IsAcquired)
            {
                held.Dispose();
                return TooMany(asked, subject, what);
            }
        }

        return null;
    }

    /// <summary>Counts a request of somebody; the error when it is one too many.</summary>
    public RpcError? TryCount(PortalPrincipal principal) => TryCount(new Subject(principal.Key, _options.UserCallsPerMinute), "requests of yours in a minute");

    /// <summary>Counts a session that somebody begins; the error when it is one too many.</summary>
    public RpcError? TryBeginSession(PortalPrincipal principal)
        => TryCount(new Subject(principal.Key + "/sessions", _options.UserSessionsPerMinute), "sessions that you begin in a minute");

    /// <summary>The calls that come back at once, and how often, for a number in a minute.</summary>
    internal static (int Permits, TimeSpan Period) Share(int perMinute)
    {
        var permits = Math.Max(1, perMinute / 60);
        return (permits, TimeSpan.FromMinutes(1) * permits / perMinute);
    }

    public void Dispose()
    {
        _calls.Dispose();
        _atOnce.Dispose();
    }

    private RpcError? TryCount(Subject subject, string what)
    {
        using var asked = _calls.AttemptAcquire(subject);
        return asked.IsAcquired ? null : TooMany(asked, subject, what);
    }

    private static RpcError TooMany(RateLimitLease asked, Subject subject, string what)
    {
        var seconds = asked.TryGetMetadata(MetadataName.RetryAfter, out var after) ? Math.Max(1, (int)Math.Ceiling(after.TotalSeconds)) : 1;
        return new RpcError(RpcCodes.RateLimited, $"Too many {what} (at most {subject.Permits}). Try again in {seconds} s.")
        {
            Data = [("retry_after", System.Text.Encoding.UTF8.GetBytes(seconds.ToString(CultureInfo.InvariantCulture)))],
        };
    }

    // A changed number is another subject: what was counted under the old one no longer counts.
    private readonly record struct Subject(string Key, int Permits);

    private sealed class Leases : IDisposable
    {
        private readonly List<RateLimitLease> _leases = new(6);

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
