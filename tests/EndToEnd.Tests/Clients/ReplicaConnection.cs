using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ManagedOAuth.EndToEnd.Tests.Clients;

/// <summary>
/// One connection to a public address that several replicas share: which process accepted it is looked up in the kernel's tables, so that a test
/// can speak to each replica by name.
/// </summary>
public sealed class ReplicaConnection : IDisposable
{
    private const int MostTries = 200;
    private readonly NetworkStream _stream;

    private ReplicaConnection(NetworkStream stream, int pid)
    {
        (_stream, ProcessId) = (stream, pid);
        Http = new HttpClient(new PatientHandler(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            MaxConnectionsPerServer = 1,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            ConnectCallback = (_, _) => Interlocked.Exchange(ref _used, 1) == 0
                ? ValueTask.FromResult<Stream>(_stream)
                : throw new InvalidOperationException($"The connection to process {ProcessId} is gone."),
        })) { Timeout = PatientHandler.Timeout };
    }

    private int _used;

    /// <summary>The process at the other end.</summary>
    public int ProcessId { get; }

    /// <summary>Sends over this connection alone.</summary>
    public HttpClient Http { get; }

    /// <summary>A connection to each of these processes.</summary>
    public static async Task<IReadOnlyList<ReplicaConnection>> ToEachAsync(Uri address, IReadOnlyCollection<int> processes)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(processes);
        var found = new Dictionary<int, ReplicaConnection>();
        for (var i = 0; i < MostTries && found.Count < processes.Count; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, address.Port);

            // The replica that has not accepted it yet does not hold it yet: whoever answers a request does.
            var stream = new NetworkStream(socket, ownsSocket: true);
            await stream.WriteAsync("OPTIONS /.well-known/oauth-protected-resource HTTP/1.1\r\nHost: "u8.ToArray());
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"{address.Authority}\r\nContent-Length: 0\r\n\r\n"));
            await ReadHeadAsync(stream);
            var pid = processes.FirstOrDefault(process => Holds(process, ((IPEndPoint)socket.LocalEndPoint!).Port, address.Port));
            if (pid == 0 || !found.TryAdd(pid, new ReplicaConnection(stream, pid)))
            {
                await stream.DisposeAsync();
            }
        }

        Assert.Equal(processes.Order(), found.Keys.Order());
        return [.. found.Values];
    }

    public void Dispose()
    {
        Http.Dispose();
        _stream.Dispose();
    }

    private static async Task ReadHeadAsync(NetworkStream stream)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var (head, one) = (new List<byte>(), new byte[1]);
        while (head.Count < 4 || !head.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            Assert.Equal(1, await stream.ReadAsync(one, deadline.Token));
            head.Add(one[0]);
        }

        var text = System.Text.Encoding.ASCII.GetString([.. head]);
        var length = text.Split("Content-Length: ", 2) is [_, var rest] ? int.Parse(rest.Split('\r')[0], CultureInfo.InvariantCulture) : 0;
        await stream.ReadExactlyAsync(new byte[length], deadline.Token);
    }

    private static bool Holds(int process, int clientPort, int serverPort)
    {
        var sockets = File.ReadLines("/proc/net/tcp").Concat(File.ReadLines("/proc/net/tcp6"))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 9 && PortOf(fields[1]) == serverPort && PortOf(fields[2]) == clientPort)
            .Select(fields => $"socket:[{fields[9]}]")
            .ToHashSet();
        return Directory.GetFiles($"/proc/{process}/fd").Any(file => new FileInfo(file).LinkTarget is { } target && sockets.Contains(target));
    }

    private static int PortOf(string address) => address.Split(':') is [_, { Length: 4 } port] ? int.Parse(port, NumberStyles.HexNumber, CultureInfo.InvariantCulture) : 0;
}
