using System.Collections.Concurrent;
using Grpc.Core;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Contracts.ServerReadings;
using ManagedOAuth.Contracts.Upstream;
using ManagedOAuth.Edge.Portals.Limits;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// How the servers of a portal are, so that a client can be told why one is left out of its lists. Config and authorization-server are asked together and
/// for two seconds at most; without their answer the state is what the edge knows by itself.
/// </summary>
internal sealed partial class ServerStates(
    ServerReadings.ServerReadingsClient config, UpstreamCredentials.UpstreamCredentialsClient credentials, Circuits circuits, TimeProvider clock, ILogger<ServerStates> logger)
{
    private const int Maximum = 1000;
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_kept = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<Guid, (ReadingState? Reading, DateTimeOffset At)> _readings = new();

    /// <summary>All that the one who asks sees, with whether they are logged in there.</summary>
    public async Task<IReadOnlyList<ServerState>> AllAsync(PortalRequest request)
    {
        var servers = request.Servers.ToList();
        var reading = ReadingsAsync(servers);
        var own = LoginsAsync(servers.Where(server => server.PerUser), request.Principal.UserId, request.Cancellation);
        var shared = LoginsAsync(servers.Where(server => !server.PerUser), null, request.Cancellation);
        await Task.WhenAll(reading, own, shared);
        var logins = (await own).Concat(await shared).ToDictionary(login => login.ServerId, StringComparer.Ordinal);
        var readings = await reading;
        return [.. servers.Select(server => ServerState.Of(
            server, readings.GetValueOrDefault(server.Record.Id), logins.GetValueOrDefault(server.Record.Id.ToString("D")), circuits.IsOpen(server)))];
    }

    /// <summary>Those that are switched on, and of which nothing is listed. Nobody is asked anything while there are none.</summary>
    public async ValueTask<IReadOnlyList<ServerState>> LeftOutAsync(PortalRequest request)
    {
        var servers = request.ActiveServers.Where(server => server.Catalog is null).ToList();
        if (servers.Count == 0)
        {
            return [];
        }

        var readings = await ReadingsAsync(servers);
        return [.. servers.Select(server => ServerState.Of(server, readings.GetValueOrDefault(server.Record.Id), null, isUnreachable: false))];
    }

    private async Task<Dictionary<Guid, ReadingState?>> ReadingsAsync(List<PortalServer> servers)
    {
        var now = clock.GetUtcNow();
        var unknown = servers.Select(server => server.Record.Id).Where(id => !_readings.TryGetValue(id, out var known) || now - known.At >= s_kept).ToList();
        if (unknown.Count > 0)
        {
            if (_readings.Count >= Maximum)
            {
                _readings.Clear();
            }

            // Whoever asks first asks for the others too: a client that leaves does not break it off.
            var read = await AskAsync(unknown, now);
            foreach (var id in unknown)
            {
                // Nothing is kept too: a Config that is away is not waited for by every request.
                _readings[id] = (read.GetValueOrDefault(id), now);
            }
        }

        return servers.ToDictionary(server => server.Record.Id, server => _readings.GetValueOrDefault(server.Record.Id).Reading);
    }

    private async Task<Dictionary<Guid, ReadingState>> AskAsync(List<Guid> servers, DateTimeOffset now)
    {
        try
        {
            var request = new ReadingStatesRequest();
            request.ServerIds.AddRange(servers.Select(id => id.ToString("D")));
            var reply = await config.StatesAsync(request, deadline: now.UtcDateTime + s_deadline);
            return reply.States.ToDictionary(state => Guid.Parse(state.ServerId));
        }
        catch (RpcException failure)
        {
            Log.NotKnown(logger, "Config", failure.StatusCode);
            return [];
        }
    }

    private async Task<IEnumerable<UpstreamStatus>> LoginsAsync(IEnumerable<PortalServer> servers, Guid? user, CancellationToken cancellation)
    {
        var request = new UpstreamStatusRequest { UserId = user?.ToString("D") ?? "" };
        request.ServerIds.AddRange(servers.Where(server => server.Record.AuthType != McpAuthType.Unauthenticated).Select(server => server.Record.Id.ToString("D")));
        if (request.ServerIds.Count == 0)
        {
            return [];
        }

        try
        {
            return (await credentials.StatusAsync(request, deadline: clock.GetUtcNow().UtcDateTime + s_deadline, cancellationToken: cancellation)).Statuses;
        }
        catch (RpcException failure)
        {
            // Nobody waits for it any more; how authorization-server is, it does not say.
            cancellation.ThrowIfCancellationRequested();
            Log.NotKnown(logger, "authorization-server", failure.StatusCode);
            return [];
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "How MCP servers are is not known in full: {Service} answers {Status}", EventName = "PortalServerStatesNotKnown")]
        public static partial void NotKnown(ILogger logger, string service, StatusCode status);
    }
}
