using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>A plain TCP client: what is written is what is sent. HTTP libraries repair paths and headers, and so hide what is tested here.</summary>
public sealed class RawConnection : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);
    private readonly TcpClient _client = new();

    public NetworkStream Stream => _client.GetStream();

    public static async Task<RawConnection> OpenAsync(int port)
    {
        var connection = new RawConnection();
        await connection._client.ConnectAsync(IPAddress.Loopback, port);
        return connection;
    }

    /// <summary>Opens a connection, sends the text as Latin-1, reads one response (null: the connection was closed without one).</summary>
    public static async Task<RawResponse?> ExchangeAsync(int port, string request)
    {
        using var connection = await OpenAsync(port);
        await connection.SendAsync(request);
        return await connection.ReadAsync(head: request.StartsWith("HEAD", StringComparison.Ordinal));
    }

    public async Task SendAsync(string text) => await Stream.WriteAsync(Encoding.Latin1.GetBytes(text));

    public async Task<RawResponse?> ReadAsync(bool head = false)
    {
        using var deadline = new CancellationTokenSource(s_deadline);
        try
        {
            return await RawResponse.ReadAsync(Stream, head, deadline.Token);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Reads one line of a body that goes on; null when the connection ended.</summary>
    public async Task<string?> LineAsync()
    {
        using var deadline = new CancellationTokenSource(s_deadline);
        try
        {
            return await RawResponse.LineAsync(Stream, deadline.Token);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Reads until the other side ends the connection; fails when it does not.</summary>
    public async Task EndsAsync()
    {
        while (await LineAsync() is not null)
        {
        }
    }

    public void Dispose() => _client.Dispose();
}
