using System.Collections.Concurrent;
using System.Security.Cryptography;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Samples.Mcp;

/// <summary>What a sample is.</summary>
internal sealed record SampleServer(string Name, McpServerPrimitiveCollection<McpServerTool> Tools);

/// <summary>A server on one connection: for the length of a request (stateless) or of a session.</summary>
internal sealed record McpConnection(StreamableHttpServerTransport Transport, ModelContextProtocol.Server.McpServer Server, Task Run) : IAsyncDisposable
{
    private long _lastUse = Environment.TickCount64;

    /// <summary>Whose session it is: nobody else may use its id. Empty when nobody is logged in.</summary>
    public string Owner { get; init; } = "";

    public TimeSpan Idle => TimeSpan.FromMilliseconds(Environment.TickCount64 - Volatile.Read(ref _lastUse));

    public void Touch() => Volatile.Write(ref _lastUse, Environment.TickCount64);

    public async ValueTask DisposeAsync()
    {
        await Transport.DisposeAsync();
        await Run;
        await Server.DisposeAsync();
    }
}

/// <summary>Sessions of clients that speak a revision with sessions (before 2026-07-28). Limited in number; idle ones end.</summary>
internal sealed partial class McpSessions(SampleServer sample, ILoggerFactory loggers, IServiceProvider services) : BackgroundService
{
    private const int MaxSessions = 1000;
    private static readonly TimeSpan s_longestIdle = TimeSpan.FromMinutes(30);
    private readonly ConcurrentDictionary<string, McpConnection> _sessions = new();
    private readonly ILogger _log = loggers.CreateLogger<McpSessions>();

    /// <summary>A server for one request.</summary>
    public McpConnection CreateStateless() => Create(new StreamableHttpServerTransport(loggers) { Stateless = true }, "");

    /// <summary>A server for a session; null when there are too many.</summary>
    public McpConnection? TryCreateSession(string owner)
    {
        if (_sessions.Count >= MaxSessions)
        {
            return null;
        }
        var connection = Create(new StreamableHttpServerTransport(loggers) { SessionId = RandomNumberGenerator.GetHexString(32, lowercase: true) }, owner);
        _sessions[connection.Transport.SessionId!] = connection;
        return connection;
    }

    /// <summary>The session of this id, if it belongs to this user.</summary>
    public McpConnection? Find(string id, string owner)
    {
        if (!_sessions.TryGetValue(id, out var connection) || connection.Owner != owner)
        {
            return null;
        }
        connection.Touch();
        return connection;
    }

    /// <summary>Ends a session.</summary>
    public async Task EndAsync(string id)
    {
        if (_sessions.TryRemove(id, out var connection))
        {
            await connection.DisposeAsync();
        }
    }

    private McpConnection Create(StreamableHttpServerTransport transport, string owner)
    {
        var server = ModelContextProtocol.Server.McpServer.Create(transport, new McpServerOptions
        {
            ServerInfo = new Implementation { Name = sample.Name, Version = "1.0.0" },
            ToolCollection = sample.Tools,
            ScopeRequests = false,
        }, loggers, services);
        return new McpConnection(transport, server, ObserveAsync(server.RunAsync())) { Owner = owner };
    }

    private async Task ObserveAsync(Task run)
    {
        try
        {
            await run;
        }
        catch (Exception e) // Protects whoever disposes the connection: a server that broke has ended all the same.
        {
            Ended(_log, e.Message);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1));
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                foreach (var (id, _) in _sessions.Where(session => session.Value.Idle > s_longestIdle).ToList())
                {
                    await EndAsync(id);
                }
            }
        }
        catch (OperationCanceledException)
        {
            foreach (var id in _sessions.Keys)
            {
                await EndAsync(id); // open streams end, so that the process can
            }
        }
    }

    [LoggerMessage(1, LogLevel.Information, "An MCP server ended early: {Reason}")]
    private static partial void Ended(ILogger logger, string reason);
}
