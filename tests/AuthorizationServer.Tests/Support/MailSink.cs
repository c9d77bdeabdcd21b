using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using ManagedOAuth.Testing;

namespace ManagedOAuth.AuthorizationServer.Tests.Support;

/// <summary>A mail server that keeps what it gets.</summary>
internal sealed class MailSink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<(string To, string Message)> _mails = [];
    private readonly Task _running;

    public MailSink()
    {
        _listener.Start();
        _running = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public IReadOnlyList<(string To, string Message)> Mails => [.. _mails];

    /// <summary>What is answered to a command instead of yes; null = yes.</summary>
    public Func<string, string?> Answer { get; set; } = _ => null;

    /// <summary>All commands as they came.</summary>
    public ConcurrentQueue<string> Commands { get; } = [];

    /// <summary>The newest PIN that was mailed to an address, once there are as many mails as said.</summary>
    public async Task<string> PinAsync(string email, int count = 1)
    {
        var mails = await Eventually.Async(() => Task.FromResult(Mails.Where(mail => mail.To == email).ToList() is var found && found.Count >= count ? found : null));
        return Regex.Match(mails[^1].Message, "^Your code is ([0-9]{6})\r$", RegexOptions.Multiline).Groups[1].Value;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _running;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                using var reader = new StreamReader(client.GetStream(), Encoding.UTF8);
                await using var writer = new StreamWriter(client.GetStream(), new UTF8Encoding(false)) { NewLine = "\r\n", AutoFlush = true };
                await writer.WriteLineAsync("220 sink");
                var to = "";
                while (await reader.ReadLineAsync(_stop.Token) is { } line)
                {
                    Commands.Enqueue(line);
                    if (Answer(line) is { } answer)
                    {
                        await writer.WriteLineAsync(answer);
                        continue;
                    }

                    if (line.StartsWith("RCPT TO:<", StringComparison.Ordinal))
                    {
                        to = line[9..^1];
                    }

                    if (line == "DATA")
                    {
                        await writer.WriteLineAsync("354 go on");
                        _mails.Enqueue((to, await ReadMessageAsync(reader)));
                    }

                    await writer.WriteLineAsync(line.StartsWith("EHLO", StringComparison.Ordinal) ? "250-sink\r\n250 8BITMIME" : "250 ok");
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The client went away.
            }
        }
    }

    private static async Task<string> ReadMessageAsync(StreamReader reader)
    {
        var message = new StringBuilder();
        while (await reader.ReadLineAsync() is { } line && line != ".")
        {
            message.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
        }

        return message.ToString();
    }
}
