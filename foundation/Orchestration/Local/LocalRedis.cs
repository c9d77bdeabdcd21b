using Aspire.Hosting.Processes;

namespace Aspire.Hosting.Local;

/// <summary>
/// A private Redis on 127.0.0.1: no persistence, no eviction (a full memory is an error, never a silently lost replay mark), a random password
/// that stands in a file of mode 0600 and in no argument list. Runs as an unprivileged user when this process is root.
/// </summary>
public sealed class LocalRedis : ILocalServer
{
    private readonly LocalServerOptions _options;
    private readonly UnprivilegedUser? _user;
    private readonly ServerDirectory _directory;
    private readonly string _program;
    private readonly string _password;
    private readonly RecentLines _log = new(40);
    private ChildProcess? _process;
    private int _port;
    private bool _portIsFixed;

    /// <summary>Takes the folder; starts nothing yet.</summary>
    /// <exception cref="InvalidOperationException">No Redis is installed, or another host uses the folder.</exception>
    public LocalRedis(LocalServerOptions options)
    {
        _options = options;
        var bin = options.BinDirectory ?? LocalBinaries.FindRedis() ?? throw new InvalidOperationException("Redis is not installed here.");
        _program = Path.Combine(bin, "redis-server");
        _user = UnprivilegedUser.ForRoot("redis", "nobody");
        _directory = ServerDirectory.Open(options.Directory, _user);
        _port = options.Port ?? FreePort.Next();
        _portIsFixed = options.Port is not null;
        _password = _directory.Password();
    }

    /// <summary>Is Redis installed where this class looks?</summary>
    public static bool IsInstalled => LocalBinaries.FindRedis() is not null;

    /// <summary>In the form of StackExchange.Redis: <c>127.0.0.1:port,password=...</c>.</summary>
    public string ConnectionString => $"127.0.0.1:{_port},password={_password}";

    /// <summary>The port it listens on.</summary>
    public int Port => _port;

    /// <summary>Process id of the running server; null before the start.</summary>
    public int? ProcessId => _process?.Id;

    /// <summary>Completes when the running server ends for whatever reason, with its exit code.</summary>
    public Task<int> Exited => _process?.Exited ?? Task.FromResult(0);

    /// <inheritdoc/>
    public long? ProcessStartTime => _process?.StartTime;

    /// <summary>A server that is started and answers.</summary>
    public static async Task<LocalRedis> StartNewAsync(LocalServerOptions options, CancellationToken ct = default)
    {
        var server = new LocalRedis(options);
        try
        {
            await server.StartAsync(ct).ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Starts the server, also again after a crash (empty then), and returns when it answers.</summary>
    /// <exception cref="InvalidOperationException">It did not start; the message holds the end of its log.</exception>
    public async Task StartAsync(CancellationToken ct = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            _log.Clear();
            _process = await LaunchAsync().ConfigureAwait(false);
            if (await AnswersAsync(ct).ConfigureAwait(false))
            {
                _portIsFixed = true;
                return;
            }
            await StopAsync().ConfigureAwait(false);
            var portIsTaken = _log.Contains("Address already in use");
            if (!portIsTaken || _portIsFixed || attempt == 5)
            {
                throw new InvalidOperationException(portIsTaken
                    ? $"Redis cannot listen on 127.0.0.1:{_port}: another program does."
                    : "Redis did not start:" + Environment.NewLine + _log);
            }
            _port = FreePort.Next();
        }
    }

    private Task<ChildProcess> LaunchAsync()
    {
        _directory.WriteSecret("redis.conf", RedisConfiguration.Text("127.0.0.1", _port, _password, _options.MaxConnections + 32, _directory.Path));
        return ChildProcess.StartAsync(new ChildProcessOptions
        {
            FileName = _program,
            Arguments = [_directory.PathOf("redis.conf")],
            User = _user,
            ParentDeathSignal = Native.SIGTERM,
            NotInherited = ["LC_*", "LANG*", "ConnectionStrings__*"],
            OnLine = (line, _) => { _log.Add(line); _options.OnLine(line); },
        });
    }

    private async Task<bool> AnswersAsync(CancellationToken ct)
    {
        var deadline = Environment.TickCount64 + (long)_options.StartTimeout.TotalMilliseconds;
        while (!Exited.IsCompleted && Environment.TickCount64 < deadline)
        {
            if (await PingAsync(ct).ConfigureAwait(false))
            {
                return true;
            }
            await Task.WhenAny(Exited, Task.Delay(20, ct)).ConfigureAwait(false);
            ct.ThrowIfCancellationRequested();
        }
        return false;
    }

    /// <summary>Authenticates and pings over a connection of its own; false when anything else than two good answers comes within two seconds.</summary>
    public async Task<bool> PingAsync(CancellationToken ct = default) => await RedisPing.AnswersAsync("127.0.0.1", _port, _password, ct).ConfigureAwait(false);

    /// <summary>Ends the server; after five seconds by force.</summary>
    public async Task StopAsync()
    {
        if (_process is { } process)
        {
            await process.StopAsync(Native.SIGTERM, TimeSpan.FromSeconds(5)).ConfigureAwait(false);
        }
    }

    /// <summary>Kills the server without warning. For tests of recovery.</summary>
    public async Task KillAsync()
    {
        _process?.Signal(Native.SIGKILL);
        await Exited.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _directory.Dispose();
        if (_options.Temporary)
        {
            _directory.Delete();
        }
    }
}
