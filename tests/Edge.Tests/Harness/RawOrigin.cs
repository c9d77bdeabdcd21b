using System.Net;
using System.Net.Sockets;
using System.Text;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>An origin that answers every request with the same bytes and then ends the connection, or keeps it.</summary>
public sealed class RawOrigin : IDisposable
{
    private readonly TcpListener _listener;
    private readonly byte[] _answer;
    private readonly bool _keepOpen;
    private int _requests;
    private int _ended;

    public RawOrigin(string answer, bool keepOpen = false)
    {
        _answer = Encoding.Latin1.GetBytes(answer);
        _keepOpen = keepOpen;
        _listener = new TcpListener(IPAddress.Loopback, FreePort.Next());
        _listener.Start();
        _ = AcceptAsync();
    }

    public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Connections that it has ended.</summary>
    public int Ended => Volatile.Read(ref _ended);

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            var stream = client.GetStream();
            do
            {
                while (await RawResponse.LineAsync(stream, CancellationToken.None) is { } line && line.Length > 0)
                {
                }

                Interlocked.Increment(ref _requests);
                await stream.WriteAsync(_answer);
            }
            while (_keepOpen && client.Connected);
        }

        Interlocked.Increment(ref _ended);
    }
}
