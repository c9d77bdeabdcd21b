using System.Threading.Channels;
using ManagedOAuth.AuthorizationServer.Diagnostics;

namespace ManagedOAuth.AuthorizationServer.Mail;

/// <summary>
/// Sends mails in the background, a few at a time, so that no answer waits for a mail server. A mail that is lost with the process is asked
/// for again by its user.
/// </summary>
public sealed partial class MailQueue(SmtpSender sender, TimeProvider clock, ILogger<MailQueue> logger) : BackgroundService
{
    private const int Capacity = 500;
    private const int Workers = 4;
    private static readonly TimeSpan[] s_pauses = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(20)];

    private readonly Channel<Entry> _entries = Channel.CreateBounded<Entry>(new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.Wait });

    /// <summary>Takes a mail on. When too many wait already it is dropped, and counted: the user asks for another.</summary>
    public void Enqueue(OutgoingMail mail, string flowId)
    {
        ArgumentNullException.ThrowIfNull(mail);
        if (!_entries.Writer.TryWrite(new Entry(mail, flowId)))
        {
            Instruments.Pin("dropped");
            Log.Dropped(logger, flowId);
        }
    }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Task.Run(() => WorkAsync(stoppingToken), CancellationToken.None)));

    private async Task WorkAsync(CancellationToken stopping)
    {
        try
        {
            await foreach (var entry in _entries.Reader.ReadAllAsync(stopping))
            {
                await DeliverAsync(entry, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The process ends.
        }
    }

    private async Task DeliverAsync(Entry entry, CancellationToken stopping)
    {
        using var activity = Instruments.Activities.StartActivity("mail");
        activity?.SetTag(Http.FlowReference.Tag, entry.FlowId);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await sender.SendAsync(entry.Mail, stopping);
                Instruments.Pin("mailed");
                return;
            }
            catch (Exception exception) when (exception is not OutOfMemoryException && !stopping.IsCancellationRequested)
            {
                // Protects the queue: one mail that cannot be delivered, whatever the reason, must not keep the others back.
                var permanent = exception is SmtpException { IsPermanent: true };
                if (permanent || attempt == s_pauses.Length || clock.GetUtcNow() >= entry.Mail.GiveUpAt)
                {
                    Instruments.Pin("undeliverable");
                    Log.Undeliverable(logger, entry.FlowId, attempt + 1, exception.GetType().Name, exception.Message);
                    return;
                }
            }

            await Task.Delay(s_pauses[attempt], clock, stopping);
        }
    }

    private sealed record Entry(OutgoingMail Mail, string FlowId);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Too many mails wait: the one of flow {FlowId} is dropped.", EventName = "MailDropped")]
        public static partial void Dropped(ILogger logger, string flowId);

        [LoggerMessage(2, LogLevel.Error, "The mail of flow {FlowId} could not be delivered after {Attempts} attempts: {Error}: {Message}", EventName = "MailUndeliverable")]
        public static partial void Undeliverable(ILogger logger, string flowId, int attempts, string error, string message);
    }
}
