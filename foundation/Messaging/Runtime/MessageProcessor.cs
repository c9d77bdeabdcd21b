using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Wolverine.ErrorHandling;
using Wolverine.Handlers;
using Wolverine.Postgresql;
using Wolverine.Serialization;

namespace Wolverine.Runtime;

/// <summary>One attempt at one claimed message, from its bytes to its recorded outcome.</summary>
internal sealed partial class MessageProcessor(
    WolverineOptions options, HandlerGraph handlers, HandlerRunner runner, MessageSerializer serializer, QueueStore store, ILogger<MessageProcessor> logger)
{
    // A handler that does not end when it is cancelled is left behind after this; its claim is gone by then, so it cannot commit.
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(5);

    /// <summary>Never throws: every failure ends in the queue, in the dead letters or in the log.</summary>
    /// <param name="envelope">The claimed message.</param>
    /// <param name="abort">The process is stopping and will not wait any longer.</param>
    public async Task<AttemptOutcome> ProcessAsync(Envelope envelope, CancellationToken abort)
    {
        var startedAt = Stopwatch.GetTimestamp();
        try
        {
            if (envelope.AlreadyHandled)
            {
                await store.RemoveAsync(envelope, abort);
                return Done(envelope, "duplicate", startedAt);
            }

            if (Unhandleable(envelope, out var chain) is { } reason)
            {
                return await BuryAsync(envelope, reason, null, startedAt, abort);
            }

            try
            {
                envelope.Message = serializer.Read(envelope.Data!, chain!.MessageType);
            }
            catch (Exception broken) when (broken is JsonException or NotSupportedException or ArgumentException or InvalidOperationException)
            {
                // Whatever a foreign body makes the reader throw costs this message only; it can never be read, so it is not tried again.
                return await BuryAsync(envelope, DeadLetterReason.Unreadable, broken, startedAt, abort);
            }

            using var activity = MessagingTelemetry.StartProcessing(envelope);
            try
            {
                await RunAsync(chain, envelope, abort);
                return Done(envelope, "handled", startedAt);
            }
            catch (Exception failure) when (!abort.IsCancellationRequested)
            {
                // Protects the worker: a handler may throw anything.
                activity?.SetStatus(ActivityStatusCode.Error, failure.GetType().Name);
                return await AfterFailureAsync(envelope, failure, startedAt, abort);
            }
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            LogReleased(envelope.Id, envelope.MessageType);
            return default;
        }
        catch (Exception failure)
        {
            // Protects the worker: the outcome could not be written. The row is still ours in the database and is given back later.
            LogOutcomeUnknown(envelope.Id, envelope.MessageType, failure.Message);
            return new AttemptOutcome(DatabaseUnavailable: true);
        }
    }

    private DeadLetterReason? Unhandleable(Envelope envelope, out HandlerChain? chain)
    {
        chain = handlers.Find(envelope.MessageType);
        return envelope.Recoveries > options.MaximumRecoveries ? DeadLetterReason.NodesDied
            : chain is null ? DeadLetterReason.UnknownType
            : envelope.Data is null ? DeadLetterReason.TooLarge
            : null;
    }

    private async Task RunAsync(HandlerChain chain, Envelope envelope, CancellationToken abort)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(abort);
        deadline.CancelAfter(options.DefaultExecutionTimeout);
        try
        {
            await runner.RunAsync(chain, envelope.Message!, envelope, null, deadline.Token).WaitAsync(options.DefaultExecutionTimeout + s_grace, CancellationToken.None);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !abort.IsCancellationRequested)
        {
            throw new TimeoutException($"Not handled within {options.DefaultExecutionTimeout}.");
        }
    }

    private async Task<AttemptOutcome> AfterFailureAsync(Envelope envelope, Exception failure, long startedAt, CancellationToken abort)
    {
        switch (AttemptFailures.Classify(failure, options.SchemaName))
        {
            case AttemptFailure.HandledBefore:
                await store.RemoveAsync(envelope, abort);
                return Done(envelope, "duplicate", startedAt);
            case AttemptFailure.ClaimLost:
                LogClaimLost(envelope.Id, envelope.MessageType);
                return Done(envelope, "claim_lost", startedAt);
            case AttemptFailure.Unavailable:
                LogOutcomeUnknown(envelope.Id, envelope.MessageType, failure.Message);
                MessagingTelemetry.Processed(envelope, "unavailable", startedAt);
                return new AttemptOutcome(DatabaseUnavailable: true);
        }

        var rule = options.Failures.Find(failure) ?? DefaultFailureRules.For(failure);
        if (rule.NextDelay(envelope.Attempts) is { } delay)
        {
            delay = Jittered(delay);
            await store.RetryAsync(envelope, delay, failure, abort);
            LogRetry(failure, envelope.Id, envelope.MessageType, envelope.Attempts, delay);
            MessagingTelemetry.Processed(envelope, "retried", startedAt);
            return new AttemptOutcome(RetryIn: delay);
        }

        if (rule.End == FailureEnd.DeadLetter)
        {
            return await BuryAsync(envelope, DeadLetterReason.Failed, failure, startedAt, abort);
        }

        await store.RemoveAsync(envelope, abort);
        LogDiscarded(failure, envelope.Id, envelope.MessageType, envelope.Attempts);
        return Done(envelope, "discarded", startedAt);
    }

    private async Task<AttemptOutcome> BuryAsync(Envelope envelope, DeadLetterReason reason, Exception? failure, long startedAt, CancellationToken abort)
    {
        await store.BuryAsync(envelope, reason, failure, abort);
        LogDead(failure, envelope.Id, envelope.MessageType, envelope.Destination, reason.Code(), envelope.Attempts);
        return Done(envelope, "dead_letter", startedAt);
    }

    private static AttemptOutcome Done(Envelope envelope, string outcome, long startedAt)
    {
        MessagingTelemetry.Processed(envelope, outcome, startedAt);
        return default;
    }

    // Up to a fifth later, so that messages which failed together do not come back together.
    private static TimeSpan Jittered(TimeSpan delay) => delay * (1 + (Random.Shared.NextDouble() * 0.2));

    [LoggerMessage(1, LogLevel.Warning, "Message {MessageId} ({MessageType}) failed at attempt {Attempt}; next attempt in {Delay}")]
    private partial void LogRetry(Exception failure, Guid messageId, string messageType, int attempt, TimeSpan delay);

    [LoggerMessage(2, LogLevel.Error, "Message {MessageId} ({MessageType}) of queue {Queue} is a dead letter: {Reason}, attempt {Attempt}")]
    private partial void LogDead(Exception? failure, Guid messageId, string messageType, string queue, string reason, int attempt);

    [LoggerMessage(3, LogLevel.Warning, "Message {MessageId} ({MessageType}) is discarded as its failure rule says, after attempt {Attempt}")]
    private partial void LogDiscarded(Exception failure, Guid messageId, string messageType, int attempt);

    [LoggerMessage(4, LogLevel.Information, "Message {MessageId} ({MessageType}) was taken over by another node; this attempt had no effect")]
    private partial void LogClaimLost(Guid messageId, string messageType);

    [LoggerMessage(5, LogLevel.Warning, "The database did not answer for message {MessageId} ({MessageType}); it goes back to the queue if it is still there: {Error}")]
    private partial void LogOutcomeUnknown(Guid messageId, string messageType, string error);

    [LoggerMessage(6, LogLevel.Information, "Message {MessageId} ({MessageType}) is released because this node stops")]
    private partial void LogReleased(Guid messageId, string messageType);
}
