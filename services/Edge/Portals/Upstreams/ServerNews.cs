using System.Collections.Concurrent;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Contracts.ServerReadings;
using ManagedOAuth.Edge.Telemetry;
using Reason = ManagedOAuth.Contracts.ServerReadings.HeardServer.Types.Reason;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// Tells Config what was heard of servers that is a reason to read one now: other lists, a refused credential. Told every two seconds and once for each
/// server, however often it was heard; how soon a server is read again is Config's to decide. What Config does not take is told again.
/// </summary>
internal sealed class ServerNews(ServerReadings.ServerReadingsClient config, TimeProvider clock, ILogger<ServerNews> logger)
    : PeriodicReports("What was heard of MCP servers", TimeSpan.FromSeconds(2), clock, logger)
{
    private const int Maximum = 1000;
    private const int MaximumAtOnce = 100;
    private readonly ConcurrentDictionary<Guid, Reason> _waiting = new();

    /// <summary>Whether a message of a server says that one of its lists is another now.</summary>
    public static bool IsOfLists(string method) => method.EndsWith("/list_changed", StringComparison.Ordinal);

    /// <summary>Takes it over; never waits.</summary>
    public void Heard(PortalServer server, Reason reason)
    {
        if (_waiting.Count < Maximum)
        {
            _waiting.TryAdd(server.Record.Id, reason);
        }
    }

    protected override async Task ReportAsync(DateTime deadline, CancellationToken cancellation)
    {
        var told = _waiting.Take(MaximumAtOnce).ToList();
        if (told.Count == 0)
        {
            return;
        }

        foreach (var (server, _) in told)
        {
            // Before it is told: what is heard from now on may be something else.
            _waiting.TryRemove(server, out _);
        }

        try
        {
            var request = new HeardRequest();
            request.Servers.AddRange(told.Select(heard => new HeardServer { ServerId = heard.Key.ToString("D"), Reason = heard.Value }));
            await config.HeardAsync(request, deadline: deadline, cancellationToken: cancellation);
        }
        catch
        {
            told.ForEach(heard => _waiting.TryAdd(heard.Key, heard.Value));
            throw;
        }
    }
}
