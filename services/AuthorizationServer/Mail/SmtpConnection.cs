using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace ManagedOAuth.AuthorizationServer.Mail;

/// <summary>One connection to a mail server (RFC 5321), with bounded replies. Time is bounded by the token that every call takes.</summary>
internal sealed class SmtpConnection : IAsyncDisposable
{
    private const int MaximumReply = 16 * 1024;

    private readonly TcpClient _socket;
    private readonly byte[] _buffer = new byte[4096];
    private Stream _stream;
    private int _start;
    private int _end;

    private SmtpConnection(TcpClient socket, Stream stream) => (_socket, _stream) = (socket, stream);

    public static async Task<SmtpConnection> OpenAsync(string host, int port, CancellationToken cancellation)
    {
        var socket = new TcpClient { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, cancellation);
            return new SmtpConnection(socket, socket.GetStream());
        }
        catch
        {
            // Whatever went wrong, the socket must not stay open; the caller gets the error.
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Goes on under TLS; the server's certificate must be valid for the host name.</summary>
    public async Task UpgradeAsync(string host, CancellationToken cancellation)
    {
        // Anything that came in clear after the answer to STARTTLS could have been put there by somebody in between (CVE-2011-0411).
        if (_start != _end)
        {
            throw new SmtpException("The server sent more before TLS began.", isPermanent: false);
        }

        var tls = new SslStream(_stream);
        _stream = tls;
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host }, cancellation);
    }

    /// <summary>Sends a line and expects a reply with one of the codes.</summary>
    public async Task<string> CommandAsync(string command, string step, CancellationToken cancellation, params int[] expected)
    {
        await SendAsync(command + "\r\n", cancellation);
        return await ExpectAsync(step, cancellation, expected);
    }

    public async Task SendAsync(string text, CancellationToken cancellation)
    {
        await _stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancellation);
        await _stream.FlushAsync(cancellation);
    }

    /// <summary>The text of the next reply, all its lines.</summary>
    /// <exception cref="SmtpException">It has another code.</exception>
    public async Task<string> ExpectAsync(string step, CancellationToken cancellation, params int[] expected)
    {
        var reply = new StringBuilder();
        while (true)
        {
            var line = await ReadLineAsync(MaximumReply - reply.Length, cancellation);
            if (line.Length < 3 || !int.TryParse(line.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var code))
            {
                throw new SmtpException($"{step}: the server's reply is no SMTP.", isPermanent: false);
            }

            reply.Append(line).Append('\n');
            if (line.Length > 3 && line[3] == '-')
            {
                continue;
            }

            // The text of the reply may quote the address, so only the code goes into the error.
            return expected.Contains(code) ? reply.ToString() : throw new SmtpException($"{step}: the server answered {code}.", code >= 500);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _socket.Dispose();
    }

    private async Task<string> ReadLineAsync(int limit, CancellationToken cancellation)
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end)
            {
                _start = 0;
                _end = await _stream.ReadAsync(_buffer, cancellation);
                if (_end == 0)
                {
                    throw new SmtpException("The server closed the connection.", isPermanent: false);
                }
            }

            var c = (char)_buffer[_start++];
            if (c == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            if (line.Length >= limit)
            {
                throw new SmtpException("The server's reply is too long.", isPermanent: false);
            }

            line.Append(c);
        }
    }
}
