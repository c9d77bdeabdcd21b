using System.Net;
using System.Net.Sockets;

namespace ManagedOAuth.AppHost.Mail;

/// <summary>Where the mail sink listens, on 127.0.0.1.</summary>
public sealed record SmtpSinkAddress(int Port);

/// <summary>Takes the mails that services send and puts them into the mailbox; passes nothing on. Listens on loopback only.</summary>
public sealed partial class SmtpSink(SmtpSinkAddress address, Mailbox mailbox, TimeProvider clock, ILogger<SmtpSink> log) : BackgroundService
{
    private const int MaxConnections = 20;
    private static readonly TimeSpan s_longestSession = TimeSpan.FromSeconds(60);
    private readonly TcpListener _listener = new(IPAddress.Loopback, address.Port);
    private readonly SemaphoreSlim _places = new(MaxConnections);

    /// <inheritdoc/>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        _listener.Start(); // here and not in the loop: services start afterwards
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await _places.WaitAsync(stoppingToken);
                await AcceptAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task AcceptAsync(CancellationToken stopping)
    {
        try
        {
            _ = ServeAsync(await _listener.AcceptTcpClientAsync(stopping), stopping);
        }
        catch (SocketException e) // Protects the loop: a client that vanished before it was accepted is no reason to stop.
        {
            _places.Release();
            Broke(log, e.Message);
        }
    }

    private async Task ServeAsync(TcpClient client, CancellationToken stopping)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        deadline.CancelAfter(s_longestSession);
        try
        {
            using (client)
            {
                await new SmtpSession(client.GetStream(), mailbox, clock).RunAsync(deadline.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException) // Protects the process: one bad connection ends alone.
        {
            Broke(log, e.Message);
        }
        finally
        {
            _places.Release();
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _listener.Dispose();
        _places.Dispose();
        base.Dispose();
    }

    [LoggerMessage(1, LogLevel.Warning, "A connection to the mail sink ended early: {Reason}")]
    private static partial void Broke(ILogger logger, string reason);
}
