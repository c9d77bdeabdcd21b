using System.Collections.Concurrent;
using System.Text.Json;
using ManagedOAuth.Edge.Portals.Protocol;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// The portal as a client of one server for one owner: a session of a client, or a grant whose client has no sessions. Nothing of it is ever used
/// for another owner. With a server of a revision without sessions there is nothing to keep but the way of speaking.
/// </summary>
internal sealed class UpstreamSession(UpstreamHttp http, string revision, UpstreamClient client, SharedSessionId? shared) : IDisposable
{
    private const int MostTakenUp = 600;
    private static readonly TimeSpan s_levelDeadline = TimeSpan.FromSeconds(5);
    private readonly CancellationTokenSource _ended = new();
    private int _isListening;
    private readonly ConcurrentDictionary<CancellationTokenSource, TimeSpan> _silences = new();
    private readonly SemaphoreSlim _gate = new(1);
    private SseChannel? _channel;
    private string _revision = revision;
    private volatile bool _isInitialized;
    private int _isDisposed;

    /// <summary>The server's id for the session; null when it gave none.</summary>
    public string? SessionId { get; private set; }

    /// <summary>The revision that is spoken with the server.</summary>
    public string Revision => _revision;

    /// <summary>The handshake with the server is done.</summary>
    public bool IsInitialized => _isInitialized;

    public bool IsStateless => Revisions.IsStateless(_revision);

    /// <summary>In milliseconds of <see cref="Environment.TickCount64"/>.</summary>
    public long LastUse { get; private set; } = Environment.TickCount64;

    /// <summary>Nobody uses the session any more.</summary>
    public CancellationToken Ended => _ended.IsCancellationRequested ? new CancellationToken(canceled: true) : _ended.Token;

    /// <summary>The server speaks the older SSE transport: everything it says comes on one stream.</summary>
    public bool HasChannel => _channel is not null;

    /// <summary>Gets what comes on such a stream while no request waits for anything.</summary>
    public Func<RpcMessage, Task>? Unrelated { get; set; }

    /// <summary>True once: for the one who is to listen.</summary>
    public bool TryBeginListening() => Interlocked.Exchange(ref _isListening, 1) == 0;

    /// <summary>Ends whatever goes on for the session by itself. A call that is under way may finish: the gate has no handle to give back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1)
        {
            return;
        }

        _ended.Cancel();
        _ = _channel?.DisposeAsync().AsTask();
        _ended.Dispose();
    }

    /// <summary>Sends a request and hands on what comes before its response.</summary>
    /// <param name="target">The server, with what it is shown now.</param>
    /// <param name="request">The request.</param>
    /// <param name="onMessage">Gets notifications and requests of the server that belong to it.</param>
    /// <param name="canAsk">The server's questions are handed to somebody who may think about them.</param>
    /// <param name="begun">Called when there is a session, before the request is sent.</param>
    /// <param name="cancellation">The one who asked no longer wants to know.</param>
    /// <exception cref="UpstreamException">There is no response.</exception>
    public async Task<RpcMessage> CallAsync(
        UpstreamTarget target, UpstreamRequest request, Func<RpcMessage, Task> onMessage, bool canAsk, Func<Task> begun, CancellationToken cancellation)
    {
        LastUse = Environment.TickCount64;
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        silence.CancelAfter(target.Timeout);
        _silences[silence] = target.Timeout;
        try
        {
            await InitializeAsync(target, silence.Token);
            await begun();
            return await ExchangeAsync(target, request, HearAsync, () => silence.CancelAfter(target.Timeout), silence.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new UpstreamException(PortalOutcomes.Timeout, "The server did not answer in time.");
        }
        finally
        {
            _silences.TryRemove(silence, out _);
        }

        // A question is for a person: until the server speaks again, it is they who are waited for.
        Task HearAsync(RpcMessage message)
        {
            if (canAsk && message is { Kind: RpcKind.Request, Method: not "ping" })
            {
                silence.CancelAfter(PendingInputs.Life);
            }

            return onMessage(message);
        }
    }

    /// <summary>The server asks the client something beside its answers: each of those that is under way may be what it asks for.</summary>
    /// <param name="patience">How long the server may be silent from now on, if that is more than it may be anyway.</param>
    public void Ask(TimeSpan patience)
    {
        foreach (var (silence, timeout) in _silences)
        {
            try
            {
                silence.CancelAfter(patience > timeout ? patience : timeout);
            }
            catch (ObjectDisposedException)
            {
                // It was answered at this very moment.
            }
        }
    }

    /// <summary>Sends a message that has no response: a notification, or the client's response to a request of the server.</summary>
    public async Task SendAsync(UpstreamTarget target, ReadOnlyMemory<byte> message, string? method, CancellationToken cancellation)
    {
        LastUse = Environment.TickCount64;
        if (_channel is { } channel)
        {
            await channel.SendAsync(target, message, Refused, cancellation);
            return;
        }

        using var request = Create(HttpMethod.Post, target, message);
        if (method is not null)
        {
            UpstreamHttp.AddNames(request, method, null);
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(target.Timeout);
        using var response = await http.SendAsync(request, deadline.Token);
        if (!response.IsSuccessStatusCode)
        {
            throw Refused(response);
        }
    }

    /// <summary>Tells the server that the session is over. What it answers does not matter.</summary>
    public async Task EndAsync(UpstreamTarget target, CancellationToken cancellation)
    {
        if (SessionId is null)
        {
            return;
        }

        using var request = Create(HttpMethod.Delete, target, default);
        using var response = await http.SendAsync(request, cancellation);
    }

    /// <summary>The server no longer knows the session: the next call begins another.</summary>
    public async Task ForgetAsync(CancellationToken cancellation)
    {
        if (shared is not null && SessionId is { } id)
        {
            await shared.ForgetAsync(id, _revision, cancellation);
        }

        _isInitialized = false;
        SessionId = null;
        Interlocked.Exchange(ref _isListening, 0);
    }

    /// <summary>Takes over the session that another replica began. False: there is none, here or there.</summary>
    public async Task<bool> TryAdoptAsync(CancellationToken cancellation)
    {
        if (!_isInitialized && shared is not null && _channel is null && await shared.FindAsync(cancellation) is var (id, negotiated) && Revisions.HasSessions(negotiated))
        {
            (SessionId, _revision, _isInitialized) = (id, negotiated, true);
        }

        return _isInitialized;
    }

    /// <summary>A request within the session.</summary>
    public HttpRequestMessage Create(HttpMethod method, UpstreamTarget target, ReadOnlyMemory<byte> body)
    {
        var request = UpstreamHttp.Create(method, target, body);
        if (_isInitialized || IsStateless || SessionId is not null)
        {
            request.Headers.TryAddWithoutValidation(McpHeaders.ProtocolVersion, _revision);
        }

        if (SessionId is { } id)
        {
            request.Headers.TryAddWithoutValidation(McpHeaders.SessionId, id);
        }

        return request;
    }

    private async Task InitializeAsync(UpstreamTarget target, CancellationToken cancellation)
    {
        if (IsStateless || (_isInitialized && _channel is not { IsOver: true }))
        {
            return;
        }

        await _gate.WaitAsync(cancellation);
        try
        {
            if (_channel is { IsOver: true })
            {
                await CloseAsync();
            }

            if (!_isInitialized && target.IsSse)
            {
                await OpenChannelAsync(target, cancellation);
            }

            if (!await TryAdoptAsync(cancellation))
            {
                await BeginAsync(target, cancellation);
                _isInitialized = true;
                if (shared is not null && SessionId is { } id)
                {
                    await shared.KeepAsync(id, _revision, cancellation);
                }
            }
        }
        catch when (!_isInitialized)
        {
            // Whatever the reason: a channel without a session is of no use, and would stay open.
            await CloseAsync();
            throw;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task CloseAsync()
    {
        _isInitialized = false;
        if (Interlocked.Exchange(ref _channel, null) is { } channel)
        {
            await channel.DisposeAsync();
        }
    }

    private async Task BeginAsync(UpstreamTarget target, CancellationToken cancellation)
    {
        try
        {
            await InitializeOnceAsync(target, cancellation);
        }
        catch (UpstreamException refused) when (_channel is null && refused.Status is 400 or 404 or 405 && target.MayBeSse)
        {
            // A server of the older transport refuses the POST (MCP Streamable HTTP, Backwards Compatibility).
            await OpenChannelAsync(target, cancellation);
            await InitializeOnceAsync(target, cancellation);
        }
    }

    private async Task OpenChannelAsync(UpstreamTarget target, CancellationToken cancellation)
    {
        _channel = await SseChannel.OpenAsync(http, target, Refused, message => Unrelated?.Invoke(message) ?? Task.CompletedTask, cancellation);
        if (_ended.IsCancellationRequested)
        {
            // Who ended the session has not seen the channel.
            throw new UpstreamException(PortalOutcomes.Unavailable, "The session is over.");
        }
    }

    private async Task InitializeOnceAsync(UpstreamTarget target, CancellationToken cancellation)
    {
        var asked = Revisions.HasSessions(_revision) ? _revision : Revisions.NewestWithSessions;
        var request = new UpstreamRequest("initialize", null, static json => json.WriteStringValue("initialize"))
        {
            Made = json =>
            {
                json.WriteStartObject();
                json.WriteString("protocolVersion", asked);
                client.Write(json, "capabilities", "clientInfo");
                json.WriteEndObject();
            },
        };
        var answer = await ExchangeAsync(target, request, static _ => Task.CompletedTask, static () => { }, cancellation);
        if (answer.Result.ValueKind != JsonValueKind.Object || RpcMessage.Member(answer.Result, "protocolVersion").GetStringOrNull() is not { } spoken || !Revisions.HasSessions(spoken))
        {
            throw new UpstreamException(PortalOutcomes.UpstreamError, "The server and the portal have no protocol revision in common.") { IsServerFault = true };
        }

        _revision = spoken;
        await SendAsync(target, RpcWriter.Notification("notifications/initialized"), "notifications/initialized", cancellation);
        if (target.LogLevel is { } level && RpcMessage.Member(RpcMessage.Member(answer.Result, "capabilities"), "logging").ValueKind == JsonValueKind.Object)
        {
            await SetLevelAsync(target, level, cancellation);
        }
    }

    // What the client asked for before this session began.
    private async Task SetLevelAsync(UpstreamTarget target, string level, CancellationToken cancellation)
    {
        var request = new UpstreamRequest("logging/setLevel", null, static json => json.WriteStringValue("setLevel"))
        {
            Made = json =>
            {
                json.WriteStartObject();
                json.WriteString("level", level);
                json.WriteEndObject();
            },
        };
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            deadline.CancelAfter(s_levelDeadline);
            await ExchangeAsync(target, request, static _ => Task.CompletedTask, static () => { }, deadline.Token);
        }
        catch (Exception failure) when (failure is UpstreamException || (failure is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            // Its logs are as it likes, then: no reason not to ask it for anything else.
        }
    }

    private async Task<RpcMessage> ExchangeAsync(UpstreamTarget target, UpstreamRequest request, Func<RpcMessage, Task> onMessage, Action heard, CancellationToken cancellation)
    {
        var body = request.Write(_revision, client);
        if (_channel is { } channel)
        {
            return await channel.ExchangeAsync(target, IdOf(request).GetRawText(), body, onMessage, heard, Refused, cancellation);
        }

        using var post = Create(HttpMethod.Post, target, body);
        UpstreamHttp.AddNames(post, request.Method, request.Name);
        request.AddHeaders(post, _revision);
        using var response = await http.SendAsync(post, cancellation);
        if (!response.IsSuccessStatusCode)
        {
            return await UpstreamAnswer.ErrorOfAsync(response, IdOf(request), cancellation) ?? throw Refused(response);
        }

        if (request.Method == "initialize" && response.Headers.TryGetValues(McpHeaders.SessionId, out var ids))
        {
            SessionId = ids.FirstOrDefault(id => id.Length is > 0 and <= 1024);
        }

        var position = new StreamPosition();
        var id = IdOf(request);
        var answer = await ReadAsync(response, id, onMessage, heard, position, cancellation);
        for (var taken = 0; answer is null && taken < MostTakenUp && position.CanBeTakenUp && Revisions.HasSessions(_revision); taken++)
        {
            // The time for silence goes on: a server that only ever ends its streams is not waited for.
            await Task.Delay(position.Pause, cancellation);
            answer = await TakeUpAsync(target, id, onMessage, heard, position, cancellation);
        }

        // No fault of the server's health: so it ends, too, the answer to a request that was cancelled.
        return answer ?? throw new UpstreamException(PortalOutcomes.Unavailable, "The server ended its answer without a response.");
    }

    private async Task<RpcMessage?> TakeUpAsync(
        UpstreamTarget target, JsonElement id, Func<RpcMessage, Task> onMessage, Action heard, StreamPosition position, CancellationToken cancellation)
    {
        using var get = Create(HttpMethod.Get, target, default);
        position.AddTo(get);
        using var response = await http.SendAsync(get, cancellation);
        if (response.IsSuccessStatusCode)
        {
            return await ReadAsync(response, id, onMessage, heard, position, cancellation);
        }

        // It may have done what it was asked for: the request is not sent again.
        position.Forget();
        return null;
    }

    // Null: the stream ended, or broke where it can be taken up, before the response.
    private static async Task<RpcMessage?> ReadAsync(
        HttpResponseMessage response, JsonElement id, Func<RpcMessage, Task> onMessage, Action heard, StreamPosition position, CancellationToken cancellation)
    {
        try
        {
            await foreach (var message in UpstreamAnswer.ReadAsync(response, heard, position, cancellation))
            {
                if (message.Kind != RpcKind.Response)
                {
                    await onMessage(message);
                }
                else if (JsonElement.DeepEquals(message.Id, id))
                {
                    return message;
                }
            }
        }
        catch (UpstreamException broken) when (broken.IsServerFault && position.CanBeTakenUp)
        {
            // Taken up like one that the server has ended.
        }

        return null;
    }

    private static JsonElement IdOf(UpstreamRequest request) => JsonDocument.Parse(RpcWriter.Write(request.WriteId)).RootElement;

    private UpstreamException Refused(HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        var message = status switch
        {
            401 => "The server does not accept its credential.",
            403 => "The server refuses this account.",
            404 when SessionId is not null => "The server has ended the session.",
            429 => "The server has had too many requests.",
            >= 300 and < 400 => "The server leads elsewhere; redirects are not followed. Its address has to be corrected.",
            _ => $"The server answered with HTTP {status}.",
        };
        return new UpstreamException(status is 429 or >= 500 ? PortalOutcomes.Unavailable : PortalOutcomes.UpstreamError, message)
        {
            Status = status,
            IsUnprocessed = status is 401 || (status == 404 && SessionId is not null),
            IsServerFault = status is 502 or 503 or 504,
        };
    }
}
