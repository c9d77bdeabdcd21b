using Wolverine.ErrorHandling;
using Wolverine.Handlers;

namespace Wolverine.Runtime;

/// <summary><c>InvokeAsync</c>: handlers run now, in the caller's time, with the quick retries of the failure rules.</summary>
internal sealed class MessageInvoker(HandlerGraph handlers, HandlerRunner runner, WolverineOptions options)
{
    public async Task<object?> InvokeAsync(object message, Type? replyType, TimeSpan? timeout, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(message);
        var chain = handlers.Find(message.GetType())
            ?? throw new IndeterminateRoutesException($"No handler of {message.GetType().Name} in this process.");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var longest = timeout ?? options.DefaultExecutionTimeout;
        deadline.CancelAfter(longest);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var reply = await runner.RunAsync(chain, message, null, replyType, deadline.Token);
                return replyType is null || reply is not null
                    ? reply
                    : throw new NoReplyException($"The handlers of {chain.MessageType.Name} returned no {replyType.Name}.");
            }
            catch (OperationCanceledException) when (deadline.IsCancellationRequested && !ct.IsCancellationRequested)
            {
                throw new TimeoutException($"{chain.MessageType.Name} was not handled within {longest}.");
            }
            catch (Exception failure) when (failure is not NoReplyException && RetryDelay(failure, attempt) is { } delay)
            {
                // A caller is waiting: only what the rules call quick is tried again here.
                await Task.Delay(delay, deadline.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private TimeSpan? RetryDelay(Exception failure, int attempt)
        => options.Failures.Find(failure) is { } rule ? rule.NextQuickDelay(attempt)
            : DefaultFailureRules.IsConcurrency(failure) ? DefaultFailureRules.Concurrency.NextQuickDelay(attempt)
            : null;

    // The effects are committed: repeating the call would double them.
    private sealed class NoReplyException(string message) : InvalidOperationException(message);
}
