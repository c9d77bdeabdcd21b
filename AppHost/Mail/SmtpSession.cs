using System.Text;

namespace ManagedOAuth.AppHost.Mail;

/// <summary>
/// One connection to the mail sink: the receiving half of RFC 5321, as much as a submitting program needs (HELO, EHLO, MAIL, RCPT, DATA, RSET,
/// NOOP, VRFY, QUIT). A line ends with CR LF and nothing else, so that a message cannot smuggle a second one in.
/// </summary>
internal sealed class SmtpSession(Stream stream, Mailbox mailbox, TimeProvider clock)
{
    internal const int MaxLine = 2048;
    internal const int MaxMessage = 256 * 1024;
    internal const int MaxRecipients = 50;
    private const int MaxCommands = 1000;
    private readonly byte[] _buffer = new byte[8 * 1024];
    private readonly List<string> _recipients = [];
    private int _start;
    private int _end;
    private bool _greeted;
    private bool _hasSender;

    /// <summary>Serves the connection to its end. The token carries the deadline.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public async Task RunAsync(CancellationToken ct)
    {
        await ReplyAsync("220 localhost ManagedOAuth mailbox", ct);
        for (var count = 0; count < MaxCommands; count++)
        {
            if (await ReadLineAsync(ct) is not { } line)
            {
                return;
            }
            var (verb, argument) = line.Split(' ', 2) is [var first, var rest] ? (first.ToUpperInvariant(), rest.Trim()) : (line.ToUpperInvariant(), "");
            if (verb == "QUIT")
            {
                await ReplyAsync("221 Bye", ct);
                return;
            }
            if (verb == "DATA")
            {
                await ReceiveAsync(ct);
                continue;
            }
            await ReplyAsync(Answer(verb, argument), ct);
        }
        await ReplyAsync("421 Too many commands", ct);
    }

    private string Answer(string verb, string argument)
    {
        switch (verb)
        {
            case "HELO":
                (_greeted, _hasSender) = (true, false);
                _recipients.Clear();
                return "250 localhost";
            case "EHLO":
                (_greeted, _hasSender) = (true, false);
                _recipients.Clear();
                return $"250-localhost\r\n250-8BITMIME\r\n250 SIZE {MaxMessage}";
            case "MAIL":
                if (!_greeted || _hasSender || Address(argument, "FROM:") is null)
                {
                    return _greeted && !_hasSender ? "501 MAIL FROM:<address>" : "503 Bad sequence of commands";
                }
                _hasSender = true;
                return "250 OK";
            case "RCPT":
                if (!_hasSender)
                {
                    return "503 MAIL first";
                }
                if (Address(argument, "TO:") is not { Length: > 0 } recipient)
                {
                    return "501 RCPT TO:<address>";
                }
                if (_recipients.Count == MaxRecipients)
                {
                    return "452 Too many recipients";
                }
                _recipients.Add(recipient);
                return "250 OK";
            case "RSET":
                _hasSender = false;
                _recipients.Clear();
                return "250 OK";
            case "NOOP":
                return "250 OK";
            case "VRFY":
                return "252 Send it and see";
            default:
                return "500 Unknown command";
        }
    }

    private static string? Address(string argument, string keyword)
    {
        if (!argument.StartsWith(keyword, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }
        var path = argument[keyword.Length..].TrimStart();
        var close = path.IndexOf('>', StringComparison.Ordinal);
        return path.StartsWith('<') && close > 0 && close <= 256 ? path[1..close] : null;
    }

    private async Task ReceiveAsync(CancellationToken ct)
    {
        if (_recipients.Count == 0)
        {
            await ReplyAsync("503 RCPT first", ct);
            return;
        }
        await ReplyAsync("354 End with a line of one dot", ct);
        var message = new StringBuilder();
        var size = 0;
        while (true)
        {
            var line = await ReadLineAsync(ct) ?? throw new IOException("The connection ended within a message.");
            if (line == ".")
            {
                break;
            }
            size += line.Length + 2;
            if (size > 4 * MaxMessage)
            {
                throw new IOException("The message does not end.");
            }
            if (size <= MaxMessage)
            {
                message.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n"); // RFC 5321 section 4.5.2
            }
        }
        if (size > MaxMessage)
        {
            await ReplyAsync("552 Message too large", ct);
        }
        else
        {
            var (subject, text, pin) = MailText.Read(message.ToString());
            foreach (var recipient in _recipients)
            {
                mailbox.Add(new ReceivedMail(recipient, subject, text, pin, clock.GetUtcNow()));
            }
            await ReplyAsync("250 OK", ct);
        }
        _hasSender = false;
        _recipients.Clear();
    }

    /// <summary>The next line without its CR LF; bytes become Latin-1 characters. Null at the end.</summary>
    private async Task<string?> ReadLineAsync(CancellationToken ct)
    {
        while (true)
        {
            var end = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (end >= 0)
            {
                var line = _buffer.AsSpan(_start, end);
                _start += end + 1;
                if (end > MaxLine || line is not [.. var content, (byte)'\r'] || content.IndexOfAny((byte)'\r', (byte)0) >= 0)
                {
                    throw new IOException("A line is too long or does not end with CR LF.");
                }
                return Encoding.Latin1.GetString(content);
            }
            if (_end - _start > MaxLine)
            {
                throw new IOException("A line is too long.");
            }
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), ct);
            if (read == 0)
            {
                return null;
            }
            _end += read;
        }
    }

    private ValueTask ReplyAsync(string reply, CancellationToken ct) => stream.WriteAsync(Encoding.ASCII.GetBytes(reply + "\r\n"), ct);
}
