using System.Collections.Concurrent;
using System.Threading.Channels;
using Grpc.Core;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Contracts.ServerReadings;
using Reason = ManagedOAuth.Contracts.ServerReadings.HeardServer.Types.Reason;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// Tells Config what was heard of servers that is a reason to read one now: other lists, a refused credential. Gathered for two seconds and told once for each
/// server, however often it was heard; how soon a server is read again is Config's to decide. What Config does not take is told again.
/// </summary>
internal sealed partial class ServerNews(ServerReadings.ServerReadingsClient config, TimeProvider clock, ILogger<ServerNews> logger) : BackgroundService
{
    private const int Maximum = 1000;
    private const int MaximumAtOnce = 100;
    private static readonly TimeSpan s_gather = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<Guid, Reason> _waiting = new();
    private readonly Channel<bool> _isHeard = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Whether a message of a server says that one of its lists is another now.</summary>
    public static bool IsOfLists(string method) => method.EndsWith("/list_changed", StringComparison.Ordinal);

    /// <summary>Takes it over; never waits.</summary>
    public void Heard(PortalServer server, Reason reason)
    {
        if (_waiting.Count < Maximum && _waiting.TryAdd(server.Record.Id, reason))
        {
            _isHeard.Writer.TryWrite(true);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await _isHeard.Reader.ReadAsync(stoppingToken);
                await Task.Delay(s_gather, clock, stoppingToken);
                await TellAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops: what was not told is found at the next reading.
        }
    }

    private async Task TellAsync(CancellationToken stop)
    {
        var told = _waiting.Take(MaximumAtOnce).ToList();
        foreach (var (server, _) in told)
        {
            // Before it is told: what is heard from now on may be something else.
            _waiting.TryRemove(server, out _);
        }

        try
        {
            var request = new HeardRequest();
            request.Servers.AddRange(told.Select(heard => new HeardServer { ServerId = heard.Key.ToString("D"), Reason = heard.Value }));
            await config.HeardAsync(request, deadline: clock.GetUtcNow().UtcDateTime + s_deadline, cancellationToken: stop);
        }
        catch (RpcException failure) when (!stop.IsCancellationRequested)
        {
            Log.NotTold(logger, failure.StatusCode);
            foreach (var (server, reason) in told)
            {
                _waiting.TryAdd(server, reason);
            }
        }

        if (!_waiting.IsEmpty)
        {
            _isHeard.Writer.TryWrite(true);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Config does not take what was heard of MCP servers ({Status}); it is told again.", EventName = "PortalServerNewsWaiting")]
        public static partial void NotTold(ILogger logger, StatusCode status);
    }
}
