using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>
/// One call of a client. It ends exactly once, by whatever is first: the server's status, a transport error, the deadline, the caller's
/// token or Dispose (<see cref="TryEnd"/>). Whoever ends it sets the outcome before it touches the transport, so the errors that this
/// causes elsewhere in the call find the outcome and report it instead of themselves.
/// Sending is in one other part of the class, receiving in another.
/// </summary>
internal sealed partial class GrpcCall<TRequest, TResponse> : IActiveCall
    where TRequest : class
    where TResponse : class
{
    private static readonly TimeSpan s_longestWait = TimeSpan.FromDays(40);

    private readonly Lock _gate = new();
    private readonly GrpcChannel _channel;
    private readonly Method<TRequest, TResponse> _method;
    private readonly CallOptions _options;
    private readonly DateTime _deadline;
    private readonly CancellationTokenSource _abort = new();
    private CancellationTokenRegistration _callerCancels;
    private ITimer? _deadlineTimer;
    private HttpResponseMessage? _response;
    private CallOutcome? _outcome;

    /// <exception cref="InvalidOperationException">The deadline is not in UTC.</exception>
    public GrpcCall(GrpcChannel channel, Method<TRequest, TResponse> method, CallOptions options)
    {
        _channel = channel;
        _method = method;
        _options = options;
        _deadline = options.Deadline switch
        {
            { Kind: DateTimeKind.Utc } utc => utc,
            { } extreme when extreme == DateTime.MaxValue || extreme == DateTime.MinValue => extreme,
            { } => throw new InvalidOperationException("Deadline must have a kind of DateTimeKind.Utc or be equal to DateTime.MaxValue or DateTime.MinValue."),
            null when method.Type == MethodType.Unary && channel.DefaultDeadline is { } after => channel.Clock.GetUtcNow().UtcDateTime + after,
            null => DateTime.MaxValue,
        };
        channel.Register(this);
    }

    public CancellationToken Aborted => _abort.Token;

    public int? MaxSendMessageSize => _channel.MaxSendMessageSize;

    public Marshaller<TRequest> RequestMarshaller => _method.RequestMarshaller;

    public WriteOptions? WriteOptions => _options.WriteOptions;

    public bool HasEnded => Outcome is not null;

    private CallOutcome? Outcome => Volatile.Read(ref _outcome);

    public Status GetStatus() =>
        Outcome?.Status ?? throw new InvalidOperationException("Unable to get the status because the call is not complete.");

    public Metadata GetTrailers() =>
        Outcome?.Trailers ?? throw new InvalidOperationException("Can't get the call trailers because the call is not complete.");

    public void Dispose() => Cancel(new Status(StatusCode.Cancelled, "gRPC call disposed."));

    public void CancelByCaller() => Cancel(new Status(StatusCode.Cancelled, "Call canceled by the client."));

    /// <summary>What the call's outcome is to its caller.</summary>
    public Exception OutcomeException()
    {
        var outcome = Outcome!;
        var exception = new RpcException(outcome.Status, outcome.Trailers);
        return _channel.ThrowOperationCanceledOnCancellation && outcome.Status.StatusCode is StatusCode.Cancelled or StatusCode.DeadlineExceeded
            ? new OperationCanceledException(exception.Message, exception, _options.CancellationToken)
            : exception;
    }

    /// <summary>Ends the call by an error of this side. Returns what to throw: this error, or what ended the call before it.</summary>
    public Exception Fail(Exception exception)
    {
        if (exception is RpcException rpc)
        {
            Cancel(rpc.Status, rpc.Trailers);
        }
        else
        {
            Cancel(TransportErrors.ToStatus(exception));
        }

        return OutcomeException();
    }

    private void Cancel(Status status, Metadata? trailers = null)
    {
        if (TryEnd(status, trailers ?? Metadata.Empty))
        {
            // The token stops a send or a read that is under way; disposing the response resets an idle stream.
            _abort.Cancel();
            Interlocked.Exchange(ref _response, null)?.Dispose();
        }
    }

    private bool TryEnd(Status status, Metadata trailers)
    {
        // A server that saw the deadline first resets the stream: still the deadline, not a cancellation by somebody.
        if (status.StatusCode == StatusCode.Cancelled && !_options.CancellationToken.IsCancellationRequested && status.DebugException is not null && DeadlinePassed)
        {
            status = DeadlineStatus;
        }

        var outcome = new CallOutcome(status, trailers);
        if (Interlocked.CompareExchange(ref _outcome, outcome, null) is not null)
        {
            return false;
        }

        lock (_gate)
        {
            _deadlineTimer?.Dispose();
            _deadlineTimer = null;
        }

        // Not Dispose: that would wait for the callback, which may be the one that ended the call on another thread.
        _callerCancels.Unregister();
        _channel.Unregister(this);
        EndHeaders();
        return true;
    }

    private static Status DeadlineStatus => new(StatusCode.DeadlineExceeded, "");

    private bool DeadlinePassed => _deadline != DateTime.MaxValue && _deadline <= _channel.Clock.GetUtcNow().UtcDateTime;

    private TimeSpan TimeLeft => _deadline - _channel.Clock.GetUtcNow().UtcDateTime;

    private void StartDeadline()
    {
        if (_deadline == DateTime.MaxValue)
        {
            return;
        }

        var left = TimeLeft;
        if (left <= TimeSpan.Zero)
        {
            Cancel(DeadlineStatus);
            return;
        }

        lock (_gate)
        {
            if (Outcome is null)
            {
                _deadlineTimer = _channel.Clock.CreateTimer(
                    static call => ((GrpcCall<TRequest, TResponse>)call!).OnDeadlineTimer(), this, left < s_longestWait ? left : s_longestWait, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void OnDeadlineTimer()
    {
        var left = TimeLeft;
        if (left <= TimeSpan.Zero)
        {
            Cancel(DeadlineStatus);
            return;
        }

        lock (_gate)
        {
            // Rounded up: a timer that fires a little early must not spin.
            _deadlineTimer?.Change(left < s_longestWait ? left + TimeSpan.FromMilliseconds(1) : s_longestWait, Timeout.InfiniteTimeSpan);
        }
    }
}
