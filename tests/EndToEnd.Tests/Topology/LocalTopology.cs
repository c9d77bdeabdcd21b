using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.Testing;

namespace ManagedOAuth.EndToEnd.Tests.Topology;

/// <summary>The whole product as a user starts it: AppHost with all its processes, on ports and in a folder of its own.</summary>
public class LocalTopology : IAsyncLifetime
{
    private const int BlockSize = 20;
    private const int Blocks = 490;
    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private static int s_block;

    private readonly StringBuilder _output = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("end-to-end-").FullName;
    private readonly string _replicas;
    private readonly bool _seed;
    private readonly bool _keepsData;
    private readonly int _base = FreeBlock();
    private Process? _appHost;
    private volatile bool _isUnseeded;

    public LocalTopology()
        : this("token=2,edge=2")
    {
    }

    /// <param name="replicas">As AppHost takes them.</param>
    /// <param name="seed">Whether there are the objects of the first start; otherwise there is nothing but an API token.</param>
    /// <param name="keepsData">Whether the data outlive AppHost, so that it can be started again.</param>
    protected LocalTopology(string replicas, bool seed = true, bool keepsData = false) => (_replicas, _seed, _keepsData) = (replicas, seed, keepsData);

    public Uri Orders => Address(0);

    /// <summary>The issuer of the orders application.</summary>
    public string OrdersOrigin => string.Create(CultureInfo.InvariantCulture, $"http://localhost:{_base}");

    public string OrdersDomain => string.Create(CultureInfo.InvariantCulture, $"localhost:{_base}");

    public Uri Mcp => Address(1);

    public Uri Team => Address(2);

    public Uri Dashboard => Address(3);

    /// <summary>The application with Managed OAuth off.</summary>
    public Uri Plain => Address(4);

    public Uri Console => Address(5);

    public string AdminToken { get; private set; } = "";

    public AdminApi Admin { get; private set; } = null!;

    public Mailbox Mailbox => new(Console);

    /// <summary>What ends with the topology.</summary>
    public ConcurrentDictionary<Type, IAsyncDisposable> Companions { get; } = new();

    /// <summary>Everything that AppHost and its processes wrote.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>The folder with the data of this run.</summary>
    public string DataFolder => Directory.GetDirectories(_folder).Single(folder => File.Exists(Path.Combine(folder, "admin-token")));

    public virtual async Task InitializeAsync()
    {
        await StartAsync();
        AdminToken = (await File.ReadAllTextAsync(Path.Combine(DataFolder, "admin-token"))).Trim();
        Admin = new AdminApi(Dashboard, AdminToken);
        if (_seed)
        {
            // The first start goes on without the tools of a server that takes too long to read. Tests need them.
            await Eventually.Async(
                async () => (await Admin.GetAsync("ai-controls/mcp/servers")).AsArray().All(server => (string?)server!["status"] == "ready"),
                what: "the sample MCP servers are read");
        }
    }

    public virtual async Task DisposeAsync()
    {
        Admin?.Dispose();
        foreach (var companion in Companions.Values)
        {
            await companion.DisposeAsync();
        }

        await StopAsync();
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (IOException)
        {
            // A process that is just ending may still hold a file; the system clears its temporary folder.
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Stops everything in order and starts it again, on the same ports and, where they are kept, the same data.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    /// <summary>The resources as the console tells them.</summary>
    public async Task<IReadOnlyList<Resource>> ResourcesAsync()
    {
        var list = await s_http.GetFromJsonAsync<JsonElement>(new Uri(Console, "/api/resources"));
        return [.. list.EnumerateArray().Select(Resource.Read)];
    }

    /// <summary>Kills every process of a resource as <c>kill -9</c> does, and waits until it is ready again under other process ids.</summary>
    public async Task KillAsync(string resource)
    {
        var killed = (await ResourcesAsync()).Where(found => found.Name == resource && found.Pid > 0).Select(found => found.Pid).ToHashSet();
        Assert.NotEmpty(killed);
        foreach (var pid in killed)
        {
            Signal("-KILL", pid);
        }

        await Eventually.Async(
            async () => (await ResourcesAsync()).Where(found => found.Name == resource).All(found => found.Ready && !killed.Contains(found.Pid)),
            TimeSpan.FromMinutes(4),
            $"{resource} is ready again");
    }

    /// <summary>A connection string of the database's superuser, who sees every schema.</summary>
    public async Task<string> PostgresAsync()
    {
        // The fourth line of the file that a running PostgreSQL keeps is its port.
        var postmaster = Directory.GetFiles(Path.Combine(DataFolder, "postgres"), "postmaster.pid", SearchOption.AllDirectories).Single();
        var port = (await File.ReadAllLinesAsync(postmaster))[3].Trim();
        var password = (await File.ReadAllTextAsync(Path.Combine(DataFolder, "postgres", "password"))).Trim();
        return $"Host=127.0.0.1;Port={port};Username=moauth;Password={password};Database=managedoauth;Pooling=false";
    }

    private async Task StartAsync()
    {
        _appHost = Start();
        await Eventually.Async(
            async () => HasFailed() || ((!_seed || IsSeeded()) && await AllReadyAsync()),
            TimeSpan.FromMinutes(5),
            "the topology is ready and seeded");
        Assert.False(HasFailed(), $"AppHost has ended or could not seed: {Output}");
    }

    // Nothing more is to be waited for.
    private bool HasFailed() => _appHost!.HasExited || _isUnseeded;

    private async Task StopAsync()
    {
        if (_appHost is { HasExited: false })
        {
            Signal("-TERM", _appHost.Id);
            using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
            try
            {
                await _appHost.WaitForExitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                _appHost.Kill(entireProcessTree: true);
            }
        }

        _appHost?.Dispose();
        _appHost = null;
    }

    private async Task<bool> AllReadyAsync()
    {
        try
        {
            var resources = await ResourcesAsync();
            return resources.Count > 0 && resources.All(resource => resource.Ready);
        }
        catch (Exception notYet) when (notYet is HttpRequestException or TaskCanceledException or JsonException)
        {
            return false;
        }
    }

    private bool IsSeeded() => Directory.GetDirectories(_folder).Any(folder => File.Exists(Path.Combine(folder, "seeded")));

    private Process Start()
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = RepositoryRoot.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(RepositoryRoot.Of($"AppHost/bin/{Configuration()}/net10.0/ManagedOAuth.AppHost.dll"));
        string[] data = _keepsData ? ["--data", Path.Combine(_folder, "kept")] : ["--ephemeral"];
        foreach (var argument in (string[])[.. data, "--port-base", _base.ToString(CultureInfo.InvariantCulture), "--replicas", _replicas, .. _seed ? (string[])[] : ["--no-seed"]])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["TMPDIR"] = _folder;

        // All tests come from one address, and most sign in as one administrator: on a fast machine they ask for more codes than a person may.
        start.Environment["Pin__PerAddress"] = "10000";
        start.Environment["Pin__PerSource"] = "100000";
        Configure(start);
        File.SetUnixFileMode(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Append(line.Data);
        process.ErrorDataReceived += (_, line) => Append(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    /// <summary>Further environment of this topology.</summary>
    protected virtual void Configure(ProcessStartInfo start)
    {
    }

    private void Append(string? line)
    {
        _isUnseeded |= line?.Contains("could not be seeded", StringComparison.Ordinal) is true;
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }

    private Uri Address(int offset) => new(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{_base + offset}/"));

    // Blocks of twenty ports, below those that tests beside this one take one by one.
    private static int FreeBlock()
    {
        var first = Environment.ProcessId + (Interlocked.Increment(ref s_block) * 97);
        return Enumerable.Range(first, Blocks).Select(block => 10_000 + (block % Blocks * BlockSize))
            .First(block => Enumerable.Range(block, BlockSize).All(Aspire.Hosting.Local.FreePort.IsFree));
    }

    /// <summary>Sends a process a signal (<c>-STOP</c>), as <c>kill</c> does.</summary>
    public static void Signal(string signal, int pid)
    {
        using var kill = Process.Start("kill", [signal, pid.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private static string Configuration() => AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Release" : "Debug";
}
