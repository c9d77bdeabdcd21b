using System.Globalization;
using Aspire.Hosting.Processes;
using Npgsql;

namespace Aspire.Hosting.Local;

/// <summary>
/// A private PostgreSQL on 127.0.0.1: initialised at the first start, run as a child process that dies with this one, as an unprivileged user
/// when this process is root. Its superuser's password (SCRAM) is random and stays in the data folder.
/// </summary>
public sealed class LocalPostgres : ILocalServer
{
    private const string Superuser = "moauth";
    private readonly LocalServerOptions _options;
    private readonly UnprivilegedUser? _user;
    private readonly ServerDirectory _directory;
    private readonly string _bin;
    private readonly RecentLines _log = new(40);
    private ChildProcess? _process;
    private int _port;
    private bool _portIsFixed;

    /// <summary>Takes the data folder; starts nothing yet.</summary>
    /// <exception cref="InvalidOperationException">No PostgreSQL is installed, or another host uses the folder.</exception>
    public LocalPostgres(LocalServerOptions options)
    {
        _options = options;
        _bin = options.BinDirectory ?? LocalBinaries.FindPostgres() ?? throw new InvalidOperationException("PostgreSQL is not installed here.");
        _user = UnprivilegedUser.ForRoot("postgres", "nobody");
        _directory = ServerDirectory.Open(options.Directory, _user);
        _port = options.Port ?? FreePort.Next();
        _portIsFixed = options.Port is not null;
        Password = _directory.Password();
    }

    /// <summary>Is PostgreSQL installed where this class looks?</summary>
    public static bool IsInstalled => LocalBinaries.FindPostgres() is not null;

    /// <summary>The superuser's connection string, database <c>postgres</c>.</summary>
    public string ConnectionString => $"Host=127.0.0.1;Port={_port};Username={Superuser};Password={Password};Database=postgres";

    /// <summary>The port it listens on.</summary>
    public int Port => _port;

    /// <summary>Process id of the running server; null before the start.</summary>
    public int? ProcessId => _process?.Id;

    /// <summary>Completes when the running server ends for whatever reason, with its exit code.</summary>
    public Task<int> Exited => _process?.Exited ?? Task.FromResult(0);

    /// <summary>The folder that really holds the data.</summary>
    public string DataDirectory => _directory.PathOf("data");

    private string Password { get; }

    /// <inheritdoc/>
    public long? ProcessStartTime => _process?.StartTime;

    /// <summary>A server that is started and accepts connections.</summary>
    public static async Task<LocalPostgres> StartNewAsync(LocalServerOptions options, CancellationToken ct = default)
    {
        var server = new LocalPostgres(options);
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

    /// <summary>Starts the server, also again after a crash, and returns when it accepts connections.</summary>
    /// <exception cref="InvalidOperationException">It did not start; the message holds the end of its log.</exception>
    public async Task StartAsync(CancellationToken ct = default)
    {
        await InitialiseAsync().ConfigureAwait(false);
        await PostmasterFile.ClearAsync(DataDirectory, ct).ConfigureAwait(false);
        var deadline = Environment.TickCount64 + (long)_options.StartTimeout.TotalMilliseconds;
        while (true)
        {
            _process = await LaunchAsync().ConfigureAwait(false);
            if (await AcceptsConnectionsAsync(deadline, ct).ConfigureAwait(false))
            {
                _portIsFixed = true;
                return;
            }
            if (Environment.TickCount64 > deadline || !(_log.Contains("pre-existing shared memory block") || (PortIsTaken && !_portIsFixed)))
            {
                await StopAsync().ConfigureAwait(false);
                throw new InvalidOperationException(PortIsTaken
                    ? $"PostgreSQL cannot listen on 127.0.0.1:{_port}: another program does."
                    : "PostgreSQL did not start:" + Environment.NewLine + _log);
            }
            // Either the backends of a killed server are still leaving, or somebody was faster on the port.
            _port = _portIsFixed ? _port : FreePort.Next();
            await Task.Delay(100, ct).ConfigureAwait(false);
        }
    }

    private bool PortIsTaken => _log.Contains("Address already in use");

    private async Task InitialiseAsync()
    {
        if (File.Exists(Path.Combine(DataDirectory, "PG_VERSION")))
        {
            return;
        }
        // Into a folder of another name, then renamed: an interrupted initdb leaves nothing that looks finished.
        var unfinished = _directory.PathOf("data.new");
        if (Directory.Exists(unfinished))
        {
            Directory.Delete(unfinished, recursive: true);
        }
        _log.Clear();
        List<string> arguments = ["-D", unfinished, "-U", Superuser, "--pwfile=" + _directory.PathOf("password"), "--auth-local=scram-sha-256",
            "--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"];
        if (_options.Temporary)
        {
            arguments.Add("--no-sync");
        }
        var initdb = await ChildProcess.StartAsync(Program("initdb", Native.SIGKILL, arguments)).ConfigureAwait(false);
        int code;
        try
        {
            code = await initdb.Exited.WaitAsync(TimeSpan.FromMinutes(2)).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            code = await initdb.StopAsync(Native.SIGKILL, TimeSpan.Zero).ConfigureAwait(false);
        }
        if (code != 0)
        {
            throw new InvalidOperationException($"initdb failed with code {code}:{Environment.NewLine}{_log}");
        }
        Directory.Move(unfinished, DataDirectory);
    }

    private Task<ChildProcess> LaunchAsync()
    {
        _log.Clear();
        return ChildProcess.StartAsync(Program("postgres", Native.SIGINT, ["-D", DataDirectory, "-p", _port.ToString(CultureInfo.InvariantCulture),
            "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=" + _options.MaxConnections,
            "-c", "shared_buffers=" + (_options.Temporary ? "64MB" : "256MB"), "-c", "log_min_messages=warning", "-c", "log_timezone=UTC", "-c", "timezone=UTC"]));
    }

    private ChildProcessOptions Program(string name, int deathSignal, IReadOnlyList<string> arguments) => new()
    {
        FileName = Path.Combine(_bin, name),
        Arguments = arguments,
        User = _user,
        ParentDeathSignal = deathSignal,
        NotInherited = ["PG*", "LC_*", "LANG*", "TZ", "ConnectionStrings__*"],
        Environment = new Dictionary<string, string?> { ["LC_ALL"] = "C.UTF-8", ["TZ"] = "UTC" },
        OnLine = (line, _) => { _log.Add(line); _options.OnLine(line); },
    };

    private async Task<bool> AcceptsConnectionsAsync(long deadline, CancellationToken ct)
    {
        while (!Exited.IsCompleted && Environment.TickCount64 < deadline)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false;Timeout=3");
                await connection.OpenAsync(ct).ConfigureAwait(false);
                return true;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidPassword)
            {
                // Either another program's PostgreSQL owns the port and ours is about to leave, or the password file is not this data's.
                if (await Task.WhenAny(Exited, Task.Delay(2000, ct)).ConfigureAwait(false) != Exited)
                {
                    await StopAsync().ConfigureAwait(false);
                    throw new InvalidOperationException($"The password in {_directory.PathOf("password")} does not open the data beside it. Restore the file, or remove the folder to start empty.", e);
                }
            }
            catch (NpgsqlException)
            {
                await Task.WhenAny(Exited, Task.Delay(25, ct)).ConfigureAwait(false);
            }
            ct.ThrowIfCancellationRequested();
        }
        return false;
    }

    /// <summary>Ends the server by a fast shutdown (open transactions roll back, data is written out); after 15 seconds by force.</summary>
    public async Task StopAsync()
    {
        if (_process is { } process)
        {
            await process.StopAsync(Native.SIGINT, TimeSpan.FromSeconds(15)).ConfigureAwait(false);
        }
    }

    /// <summary>Kills the server without warning, as a power cut would. For tests of recovery.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            // Each backend is a session of its own, and could still save something while it has not noticed that its server is gone.
            var backends = await ChildrenAsync(process.Id).ConfigureAwait(false);
            process.Signal(Native.SIGKILL);
            foreach (var backend in backends)
            {
                Native.Signal(backend, Native.SIGKILL);
            }
        }

        await Exited.ConfigureAwait(false);
    }

    private static async Task<List<int>> ChildrenAsync(int process)
    {
        try
        {
            var children = await File.ReadAllTextAsync(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task/{process}/children")).ConfigureAwait(false);
            return [.. children.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static id => int.Parse(id, CultureInfo.InvariantCulture))];
        }
        catch (IOException)
        {
            // It has ended by itself, or the kernel does not tell.
            return [];
        }
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
