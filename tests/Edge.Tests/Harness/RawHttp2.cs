using System.Buffers.Binary;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>
/// One HTTP/2 connection (RFC 9113) on which a test says exactly what it wants, also what no client library would send: each request's field
/// section is a list of literals without indexing (RFC 7541 §6.2.2).
/// </summary>
internal sealed class RawHttp2 : IAsyncDisposable
{
    private const byte Headers = 1, ResetStream = 3, Settings = 4, Ping = 6, GoAway = 7, Continuation = 9;
    private readonly SslStream _stream;

    private RawHttp2(SslStream stream) => _stream = stream;

    /// <summary>What becomes of a request with these fields on a connection of its own: a status, or how it was refused.</summary>
    public static async Task<string> AskAsync(int port, params (string Name, string Value)[] fields)
    {
        await using var connection = await OpenAsync(port);
        await connection.WriteAsync(Headers, 0x05, 1, Block(fields)); // END_STREAM, END_HEADERS
        return await connection.OutcomeAsync();
    }

    /// <summary>Sends many frames on one connection, as fast as they go, until it is closed or all are sent; what comes back is read and dropped.</summary>
    public static async Task FloodAsync(int port, string kind, int count, params (string Name, string Value)[] fields)
    {
        await using var connection = await OpenAsync(port);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var reading = connection._stream.CopyToAsync(Stream.Null, deadline.Token);
        try
        {
            var block = Block(fields);
            if (kind == "continuation")
            {
                await connection.WriteAsync(Headers, 0x01, 1, block);
            }

            for (var number = 0; number < count && !reading.IsCompleted; number++)
            {
                switch (kind)
                {
                    case "reset":
                        await connection.WriteAsync(Headers, 0x05, (2 * number) + 1, block);
                        await connection.WriteAsync(ResetStream, 0, (2 * number) + 1, [0, 0, 0, 8]);
                        break;
                    case "streams":
                        await connection.WriteAsync(Headers, 0x04, (2 * number) + 1, block);
                        break;
                    case "ping":
                        await connection.WriteAsync(Ping, 0, 0, new byte[8]);
                        break;
                    case "settings":
                        await connection.WriteAsync(Settings, 0, 0, [0, 3, 0, 0, 0, 1]);
                        break;
                    case "continuation":
                        await connection.WriteAsync(Continuation, 0, 1, Block([("x-" + number.ToString(CultureInfo.InvariantCulture), new string('x', 100))]));
                        break;
                }
            }
        }
        catch (IOException)
        {
            // Closed in the middle: that is one good answer to a flood.
        }
    }

    public async ValueTask DisposeAsync() => await _stream.DisposeAsync();

    private static async Task<RawHttp2> OpenAsync(int port)
    {
        var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", port);
        var stream = new SslStream(socket.GetStream());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "a.test",
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null, // the test made it, and does not ask by whom it is signed
        });
        var connection = new RawHttp2(stream);
        await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await connection.WriteAsync(Settings, 0, 0, []);
        return connection;
    }

    private static byte[] Block((string Name, string Value)[] fields)
    {
        var block = new List<byte>();
        foreach (var (name, value) in fields)
        {
            block.Add(0);
            block.Add(checked((byte)name.Length));
            block.AddRange(Encoding.Latin1.GetBytes(name));
            block.Add(checked((byte)value.Length));
            block.AddRange(Encoding.Latin1.GetBytes(value));
        }

        return [.. block];
    }

    private async Task WriteAsync(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        (frame[0], frame[1], frame[2]) = ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length);
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        await _stream.WriteAsync(frame);
    }

    private async Task<string> OutcomeAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var head = new byte[9];
        while (true)
        {
            try
            {
                await _stream.ReadExactlyAsync(head, deadline.Token);
            }
            catch (Exception closed) when (closed is EndOfStreamException or IOException)
            {
                return "closed";
            }

            var payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            await _stream.ReadExactlyAsync(payload, deadline.Token);
            switch (head[3])
            {
                case Headers:
                    return Status(payload);
                case ResetStream:
                    return "reset";
                case GoAway:
                    return "closed";
            }
        }
    }

    // The first field of a response is :status: one of the static table (RFC 7541, appendix A), or a literal whose name is in it.
    private static string Status(byte[] block)
    {
        string[] known = ["200", "204", "206", "304", "400", "404", "500"];
        return block[0] is >= 0x88 and <= 0x8e ? known[block[0] - 0x88]
            : (block[0] & 0x0f) is >= 8 and <= 14 && block[1] == 3 ? Encoding.ASCII.GetString(block, 2, 3)
            : string.Create(CultureInfo.InvariantCulture, $"unread {Convert.ToHexString(block)}");
    }
}
