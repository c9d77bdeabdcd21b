using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server;

/// <summary>
/// Ends a call whose time is up, whether or not its handler listens: status DEADLINE_EXCEEDED, end of the response,
/// reset of the stream, then cancellation of the handler.
/// </summary>
internal sealed class ServerCallDeadline : IDisposable
{
    private const int Http2Cancel = 0x8;
    private const int Http3RequestCancelled = 0x10c;

    /// <summary>Timers cannot wait longer at once; longer deadlines are waited for in parts.</summary>
    private static readonly TimeSpan s_longestWait = TimeSpan.FromDays(40);

    /// <summary>How long a client that does not read may hold up the end of its response.</summary>
    private static readonly TimeSpan s_lastFlush = TimeSpan.FromSeconds(1);

    private readonly HttpContextServerCallContext _call;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _timeout;
    private readonly long _start;
    private readonly Lock _gate = new();
    private TaskCompletionSource? _expired;
    private CancellationTokenSource? _cancellation;
    private CancellationToken _token;
    private ITimer? _timer;
    private bool _cancelled;
    private bool _disposed;

    public ServerCallDeadline(HttpContextServerCallContext call, TimeSpan timeout, TimeProvider clock)
    {
        _call = call;
        _clock = clock;
        _timeout = timeout;
        _start = clock.GetTimestamp();
        At = clock.GetUtcNow().UtcDateTime + timeout;
    }

    /// <summary>When the deadline is (UTC).</summary>
    public DateTime At { get; }

    /// <summary>Completes when an expired deadline has ended the response.</summary>
    public Task Expired => Expiry().Task;

    /// <summary>Ends with the deadline, or when the request is aborted.</summary>
    public CancellationToken CancellationToken
    {
        get
        {
            lock (_gate)
            {
                if (_cancellation is null)
                {
                    _cancellation = CancellationTokenSource.CreateLinkedTokenSource(_call.HttpContext.RequestAborted);
                    _token = _cancellation.Token;
                    if (_cancelled)
                    {
                        _cancellation.Cancel();
                    }
                }

                return _token;
            }
        }
    }

    public void Start()
    {
        lock (_gate)
        {
            _timer = _clock.CreateTimer(static state => ((ServerCallDeadline)state!).OnTimer(), this, NextWait(_timeout), Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _timer?.Dispose();
            _cancellation?.Dispose();
        }
    }

    private static TimeSpan NextWait(TimeSpan left) => left < s_longestWait ? left : s_longestWait;

    private void OnTimer()
    {
        var left = _timeout - _clock.GetElapsedTime(_start);
        if (left > TimeSpan.Zero)
        {
            lock (_gate)
            {
                if (!_disposed)
                {
                    // Rounded up: a timer that fires a little early must not spin.
                    _timer!.Change(NextWait(left + TimeSpan.FromMilliseconds(1)), Timeout.InfiniteTimeSpan);
                }
            }
        }
        else if (_call.TryComplete())
        {
            _ = ExpireAsync();
        }
    }

    private async Task ExpireAsync()
    {
        try
        {
            ServerLog.DeadlineExceeded(_call.Logger, _call.Method, _timeout);
            await _call.SetTrailersAsync(new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded"));
            await _call.HttpContext.Features.GetRequiredFeature<IHttpResponseBodyFeature>().CompleteAsync().WaitAsync(s_lastFlush, _clock);
        }
        catch (Exception e)
        {
            // Protects the timer thread: the client may be gone or not reading, and the call must end in any case.
            ServerLog.DeadlineNotSent(_call.Logger, e, _call.Method);
        }

        try
        {
            Reset();
            Cancel();
        }
        catch (Exception e)
        {
            // Protects the timer thread from what handlers do when their token is cancelled.
            ServerLog.DeadlineNotSent(_call.Logger, e, _call.Method);
        }
        finally
        {
            Expiry().TrySetResult();
        }
    }

    /// <summary>Made by whoever needs it first: nearly every call ends before its deadline.</summary>
    private TaskCompletionSource Expiry()
    {
        lock (_gate)
        {
            return _expired ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Tells the client to stop sending, and Kestrel to drop what it still receives.</summary>
    private void Reset()
    {
        var http = _call.HttpContext;
        if (http.Features.Get<IHttpResetFeature>() is { } reset)
        {
            reset.Reset(HttpProtocol.IsHttp3(http.Request.Protocol) ? Http3RequestCancelled : Http2Cancel);
        }
        else
        {
            http.Abort();
        }
    }

    private void Cancel()
    {
        CancellationTokenSource? cancellation;
        lock (_gate)
        {
            _cancelled = true;
            cancellation = _cancellation;
        }

        cancellation?.Cancel();
    }
}
