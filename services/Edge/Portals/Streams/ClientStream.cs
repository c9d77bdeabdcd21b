using System.Buffers;
using System.Globalization;
using System.Text;

namespace ManagedOAuth.Edge.Portals.Streams;

/// <summary>
/// The answer to one request of a client: one JSON object when there is nothing else to say, an event stream as soon as there is a second
/// message, or when the answer takes long. A silent event stream gets a comment now and then, so that nobody between takes it for dead.
/// Messages may be sent by several at once.
/// </summary>
internal sealed class ClientStream : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan s_soonest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_latest = TimeSpan.FromSeconds(5);
    private static readonly byte[] s_ping = ": ping\n\n"u8.ToArray();
    private readonly HttpContext _context;
    private readonly ReplayLog? _log;
    private readonly SemaphoreSlim _gate = new(1);
    private readonly ITimer _timer;
    private bool _isEvents;
    private bool _isDone;

    /// <param name="context">The request.</param>
    /// <param name="log">Keeps what is sent for a client that loses the connection; null = nothing is kept.</param>
    /// <param name="clock">Tells when the stream has been silent for long.</param>
    public ClientStream(HttpContext context, ReplayLog? log, TimeProvider clock)
    {
        _context = context;
        _log = log;
        _timer = clock.CreateTimer(static state => _ = ((ClientStream)state!).PingAsync(), this, s_patience, s_silence);
    }

    /// <summary>Something was written.</summary>
    public bool HasStarted => _isEvents || _isDone;

    /// <summary>Opens the event stream before there is anything to send.</summary>
    public Task OpenAsync() => LockedAsync(BeginAsync);

    /// <summary>Sends a message that is not the last one.</summary>
    /// <param name="message">The message.</param>
    /// <param name="id">The event's id, when it is repeated from another stream's log.</param>
    public Task SendAsync(ReadOnlyMemory<byte> message, string? id = null) => LockedAsync(async () =>
    {
        if (!_isDone)
        {
            await BeginAsync();
            await WriteAsync(message, id);
        }
    });

    /// <summary>Sends the last message: what was asked for, or an error.</summary>
    /// <param name="message">The message.</param>
    /// <param name="status">HTTP status, as far as it is not yet sent.</param>
    public Task CompleteAsync(ReadOnlyMemory<byte> message, int status = StatusCodes.Status200OK) => LockedAsync(async () =>
    {
        _isDone = true;
        if (_isEvents)
        {
            await WriteAsync(message);
            _log?.Complete();
            return;
        }

        var response = _context.Response;
        response.StatusCode = status;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.ContentType = "application/json";
        response.ContentLength = message.Length;
        await response.Body.WriteAsync(message);
    });

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        await _gate.WaitAsync();
        _isDone = true;
        _gate.Release();
        _log?.Complete();
    }

    private async Task BeginAsync()
    {
        if (_isEvents)
        {
            return;
        }

        _isEvents = true;
        var response = _context.Response;
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        response.Headers.XContentTypeOptions = "nosniff";
        response.ContentType = "text/event-stream";
        if (_log is { HasPrimingEvent: true })
        {
            // What breaks for many at one moment (this edge ends, a grant is revoked) is not to come back at one moment.
            var comeBack = Random.Shared.Next((int)s_soonest.TotalMilliseconds, (int)s_latest.TotalMilliseconds);
            Write(string.Create(CultureInfo.InvariantCulture, $"id: {_log.NextId()}\nretry: {comeBack}\ndata:\n\n"));
        }

        await FlushAsync();
    }

    private Task WriteAsync(ReadOnlyMemory<byte> message, string? id = null)
    {
        if ((id ?? _log?.Add(message)) is { } given)
        {
            Write($"id: {given}\n");
        }

        // Line ends inside a message stand between values only; each line is a data line of its own.
        var rest = message.Span;
        do
        {
            var end = rest.IndexOfAny((byte)'\n', (byte)'\r');
            _context.Response.BodyWriter.Write("data: "u8);
            _context.Response.BodyWriter.Write(end < 0 ? rest : rest[..end]);
            _context.Response.BodyWriter.Write("\n"u8);
            rest = end < 0 ? [] : rest[(end + 1)..];
        }
        while (!rest.IsEmpty);

        _context.Response.BodyWriter.Write("\n"u8);
        return FlushAsync();
    }

    private void Write(string text) => Encoding.UTF8.GetBytes(text, _context.Response.BodyWriter);

    private async Task PingAsync()
    {
        try
        {
            await LockedAsync(async () =>
            {
                if (_isDone)
                {
                    return;
                }

                await BeginAsync();
                _context.Response.BodyWriter.Write(s_ping);
                await FlushAsync();
            });
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // Protects the timer: the client has left, which the request notices by itself.
        }
    }

    private async Task FlushAsync()
    {
        _timer.Change(s_silence, s_silence);
        if (!_context.RequestAborted.IsCancellationRequested)
        {
            await _context.Response.BodyWriter.FlushAsync(_context.RequestAborted);
        }
    }

    private async Task LockedAsync(Func<Task> write)
    {
        await _gate.WaitAsync();
        try
        {
            await write();
        }
        catch (OperationCanceledException) when (_context.RequestAborted.IsCancellationRequested)
        {
            // The client has left. What was to be sent is in the log, if there is one.
        }
        finally
        {
            _gate.Release();
        }
    }
}
