using System.Collections.Concurrent;
using System.Net.ServerSentEvents;
using System.Text;
using ManagedOAuth.Edge.Portals.Protocol;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// The older SSE transport of a server (2024-11-05): one stream on which everything comes, and an address, which the stream names first, to which everything
/// is sent. The address is on the server's own origin, or the server is not spoken with.
/// </summary>
internal sealed class SseChannel : IAsyncDisposable
{
    // No client's request has such an id, and the portal's own have others.
    private const string PingPrefix = "ping.";
    private readonly UpstreamHttp _http;
    private readonly HttpResponseMessage _stream;
    private readonly Func<RpcMessage, Task> _unrelated;
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, Waiting> _waiting = new(StringComparer.Ordinal);
    private readonly Task _reading;
    private UpstreamAnswer.BoundedStream? _body;
    private int _isProbed;
    private int _isDisposed;

    private SseChannel(UpstreamHttp http, HttpResponseMessage stream, Func<RpcMessage, Task> unrelated, Uri endpoint)
    {
        (_http, _stream, _unrelated) = (http, stream, unrelated);
        _reading = ReadAsync(endpoint);
    }

    /// <summary>The stream has ended: another channel is needed.</summary>
    public bool IsOver => _reading.IsCompleted;

    /// <summary>Opens the stream and waits for the address.</summary>
    /// <param name="http">Sends.</param>
    /// <param name="target">The server.</param>
    /// <param name="refused">What a status means.</param>
    /// <param name="unrelated">Gets what comes while no request waits for anything.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<SseChannel> OpenAsync(
        UpstreamHttp http, UpstreamTarget target, Func<HttpResponseMessage, Exception> refused, Func<RpcMessage, Task> unrelated, CancellationToken cancellation)
    {
        using var get = UpstreamHttp.Create(HttpMethod.Get, target, default);
        var response = await http.SendAsync(get, cancellation);
        if (!response.IsSuccessStatusCode || response.Content.Headers.ContentType?.MediaType != "text/event-stream")
        {
            var failure = refused(response);
            response.Dispose();
            throw failure;
        }

        var channel = new SseChannel(http, response, unrelated, target.Endpoint);
        try
        {
            await channel._address.Task.WaitAsync(cancellation);
            return channel;
        }
        catch
        {
            // Whatever the reason, the stream must not stay open.
            await channel.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a message.</summary>
    public async Task SendAsync(UpstreamTarget target, ReadOnlyMemory<byte> message, Func<HttpResponseMessage, Exception> refused, CancellationToken cancellation)
    {
        using var post = UpstreamHttp.Create(HttpMethod.Post, target, message);
        post.RequestUri = await _address.Task.WaitAsync(cancellation);
        using var response = await _http.SendAsync(post, cancellation);
        if (!response.IsSuccessStatusCode)
        {
            throw refused(response);
        }
    }

    /// <summary>Sends a request and waits for its response.</summary>
    /// <param name="target">The server.</param>
    /// <param name="id">The request's id as JSON.</param>
    /// <param name="message">The request.</param>
    /// <param name="onMessage">Gets what the server says in between.</param>
    /// <param name="heard">Called at each message.</param>
    /// <param name="refused">What a status means.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task<RpcMessage> ExchangeAsync(
        UpstreamTarget target, string id, ReadOnlyMemory<byte> message, Func<RpcMessage, Task> onMessage, Action heard, Func<HttpResponseMessage, Exception> refused, CancellationToken cancellation)
    {
        var waiting = new Waiting(onMessage, heard);
        if (!_waiting.TryAdd(id, waiting))
        {
            throw new UpstreamException(PortalOutcomes.InvalidRequest, "A request with this id is being answered already.");
        }

        try
        {
            await SendAsync(target, message, refused, cancellation);
            if (IsOver)
            {
                throw Broken();
            }

            return await waiting.Response.Task.WaitAsync(cancellation);
        }
        finally
        {
            _waiting.TryRemove(id, out _);
        }
    }

    /// <summary>
    /// Asks the server for a sign of life (<c>ping</c>), and ends the stream if none comes, not a single byte: the connection may have gone without a word,
    /// and then nothing would ever come on it. Whoever waits for a response is told that the connection broke.
    /// </summary>
    /// <param name="target">The server.</param>
    /// <param name="patience">How long it may take for that.</param>
    public async Task ProbeAsync(UpstreamTarget target, TimeSpan patience)
    {
        if (Interlocked.Exchange(ref _isProbed, 1) == 1)
        {
            return;
        }

        var heard = _body?.Reads;
        try
        {
            using var deadline = new CancellationTokenSource(patience);
            var id = $"\"{PingPrefix}{Guid.NewGuid():N}\"";
            await ExchangeAsync(target, id, RpcWriter.Ping(id), static _ => Task.CompletedTask, static () => { }, static _ => new UpstreamException(PortalOutcomes.Unavailable, ""), deadline.Token);
        }
        catch (Exception)
        {
            // Whatever the reason, there was no answer: what came on the stream says whether it lives. Protects a task that nobody waits for.
        }

        if (_body?.Reads == heard)
        {
            await DisposeAsync();
            return;
        }

        Volatile.Write(ref _isProbed, 0);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1)
        {
            return;
        }

        await _end.CancelAsync();
        await _reading;
        _stream.Dispose();
        _end.Dispose();
    }

    private static UpstreamException Broken() => new(PortalOutcomes.Unavailable, "The connection to the server broke.") { IsServerFault = true };

    private async Task ReadAsync(Uri endpoint)
    {
        await Task.Yield();
        try
        {
            await using var body = _body = UpstreamAnswer.Bound(await _stream.Content.ReadAsStreamAsync(_end.Token), long.MaxValue);
            await foreach (var item in SseParser.Create(body, static (_, data) => data.ToArray()).EnumerateAsync(_end.Token))
            {
                body.Forget(UpstreamAnswer.MaximumMessage);
                if (item.EventType == "endpoint")
                {
                    SetAddress(endpoint, Encoding.UTF8.GetString(item.Data));
                }
                else if (item.EventType == "message" && RpcMessage.TryRead(item.Data, isStrict: false, out var message) is null)
                {
                    await TryHandOnAsync(message!);
                }
            }
        }
        catch (Exception)
        {
            // The stream has ended, whoever ended it and however: protects those who wait, who are told below.
        }

        _address.TrySetException(Broken());
        _ = _address.Task.Exception;
        foreach (var (_, waiting) in _waiting)
        {
            waiting.Response.TrySetException(Broken());
        }
    }

    private void SetAddress(Uri endpoint, string text)
    {
        if (text.Length <= 2048 && Uri.TryCreate(endpoint, text.Trim(), out var address)
            && Uri.Compare(address, endpoint, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0)
        {
            _address.TrySetResult(address);
            return;
        }

        _address.TrySetException(new UpstreamException(PortalOutcomes.UpstreamError, "The server names an address that is not its own."));
        _ = _address.Task.Exception;
    }

    private async Task TryHandOnAsync(RpcMessage message)
    {
        try
        {
            await HandOnAsync(message);
        }
        catch (Exception) when (!_end.IsCancellationRequested)
        {
            // Whoever it was for has gone, or the server does not take the reply: protects all others who wait for this stream.
        }
    }

    private async Task HandOnAsync(RpcMessage message)
    {
        if (message.Kind == RpcKind.Response)
        {
            if (_waiting.TryGetValue(message.IdText, out var waiting))
            {
                waiting.Response.TrySetResult(message);
            }

            return;
        }

        // The transport does not say which request a message belongs to; all of them are of one owner.
        if (_waiting.FirstOrDefault(static waiting => !waiting.Key.StartsWith("\"" + PingPrefix, StringComparison.Ordinal)).Value is { } any)
        {
            any.Heard();
            await any.OnMessage(message);
        }
        else
        {
            await _unrelated(message);
        }
    }

    private sealed record Waiting(Func<RpcMessage, Task> OnMessage, Action Heard)
    {
        public TaskCompletionSource<RpcMessage> Response { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
