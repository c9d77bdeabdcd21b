using System.Text.Json;
using ManagedOAuth.Edge.Portals.Protocol;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// The portal as a client of one server for one owner: a session of a client, or a grant whose client has no sessions. Nothing of it is ever used
/// for another owner. With a server of a revision without sessions there is nothing to keep but the way of speaking.
/// </summary>
internal sealed partial class UpstreamSession(UpstreamHttp http, string revision, UpstreamClient client, SharedSessionId? shared) : IDisposable
{
    /// <summary>How long a server may take to hear which logs and changes are wanted: less than anything that somebody waits for.</summary>
    public static readonly TimeSpan LevelPatience = TimeSpan.FromSeconds(5);

    // A server that works for longer on a call still says that it is there, unless it does one thing at a time: then it is as good as gone for everybody else.
    private static readonly TimeSpan s_probe = TimeSpan.FromSeconds(10);
    private readonly SessionEnd _ended = new();
    private readonly Silences _silences = new();
    private int _isListening;
    private readonly SemaphoreSlim _gate = new(1);
    private SseChannel? _channel;
    private string _revision = revision;
    private volatile bool _isInitialized;
    private int _isDisposed;
    private bool _hasLogs;
    private int _levelRank = int.MaxValue;

    /// <summary>The server's id for the session; null when it gave none.</summary>
    public string? SessionId { get; private set; }

    /// <summary>The revision that is spoken with the server.</summary>
    public string Revision => _revision;

    /// <summary>The handshake with the server is done.</summary>
    public bool IsInitialized => _isInitialized;

    public bool IsStateless => Revisions.IsStateless(_revision);

    /// <summary>The server and account that the session is with: see <see cref="UpstreamTarget.Identity"/>.</summary>
    public string Identity { get; init; } = "";

    /// <summary>Who uses it, and since when nobody does.</summary>
    public SessionUse Use { get; } = new();

    /// <summary>What the server is shown beside a request, for the one who used the session last; see <see cref="UpstreamTargets.Later"/>.</summary>
    public Func<CancellationToken, ValueTask<UpstreamTarget>>? Target { get; set; }

    /// <summary>The stream of the older transport has ended: nothing is heard until the session is begun anew.</summary>
    public bool HasLostChannel => _channel is { IsOver: true };

    /// <summary>Begins the session anew for somebody who listens; null = nobody ever did, or it is done where it is noticed.</summary>
    public Func<CancellationToken, Task>? Revive { get; set; }

    /// <summary>Somebody listens to the server, or did.</summary>
    public bool IsListening => Volatile.Read(ref _isListening) == 1;

    /// <summary>Nobody uses the session any more.</summary>
    public CancellationToken Ended => _ended.Token;

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

        _ended.Dispose();
        _ = _channel?.DisposeAsync().AsTask();
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
        if (!Use.TryEnter())
        {
            throw new UpstreamException(PortalOutcomes.Unavailable, "The session is over.") { IsUnprocessed = true, LostSession = this };
        }

        try
        {
            return await CallInTimeAsync(target, request, onMessage, canAsk, begun, cancellation);
        }
        finally
        {
            Use.Leave();
        }
    }

    private async Task<RpcMessage> CallInTimeAsync(
        UpstreamTarget target, UpstreamRequest request, Func<RpcMessage, Task> onMessage, bool canAsk, Func<Task> begun, CancellationToken cancellation)
    {
        var patience = request.Patience < target.Timeout ? request.Patience.Value : target.Timeout;
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        silence.CancelAfter(patience);
        _silences.Add(silence, patience);
        try
        {
            await InitializeAsync(target, silence.Token);
            await RenewAsync(silence.Token);
            await begun();
            await RaiseLevelAsync(target, silence.Token);
            return await ExchangeAsync(target, request, HearAsync, () => silence.CancelAfter(patience), silence.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            if (_channel is { } channel)
            {
                // The next call is not to wait for a stream on which nothing will come any more; this one waits no longer.
                _ = channel.ProbeAsync(target, target.Timeout < s_probe ? target.Timeout : s_probe);
            }

            throw new UpstreamException(PortalOutcomes.Timeout, "The server did not answer in time.");
        }
        finally
        {
            _silences.Remove(silence);
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
    public void Ask(TimeSpan patience) => _silences.Extend(patience);

    /// <summary>Sends a message that has no response: a notification, or the client's response to a request of the server.</summary>
    public async Task SendAsync(UpstreamTarget target, ReadOnlyMemory<byte> message, string? method, CancellationToken cancellation)
    {
        Use.Touch();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(target.Timeout);
        if (_channel is { } channel)
        {
            await channel.SendAsync(target, message, response => UpstreamRefusal.Of(response, channel), deadline.Token);
            return;
        }

        using var request = Create(HttpMethod.Post, target, message);
        if (method is not null)
        {
            UpstreamHttp.AddNames(request, method, null);
        }

        using var response = await http.SendAsync(request, deadline.Token);
        if (!response.IsSuccessStatusCode)
        {
            throw UpstreamRefusal.Of(response, null);
        }
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

    private async Task<RpcMessage> ExchangeAsync(UpstreamTarget target, UpstreamRequest request, Func<RpcMessage, Task> onMessage, Action heard, CancellationToken cancellation)
    {
        var body = request.Write(_revision, client);
        if (_channel is { } channel)
        {
            return await channel.ExchangeAsync(target, IdOf(request).GetRawText(), body, onMessage, Hear, response => UpstreamRefusal.Of(response, channel), cancellation);
        }

        using var post = Create(HttpMethod.Post, target, body);
        UpstreamHttp.AddNames(post, request.Method, request.Name);
        request.AddHeaders(post, _revision);
        using var response = await http.SendAsync(post, cancellation);
        if (!response.IsSuccessStatusCode)
        {
            return await UpstreamAnswer.ErrorOfAsync(response, IdOf(request), cancellation) ?? throw UpstreamRefusal.Of(response, null);
        }

        request.Answered?.Invoke();

        if (request.Method == "initialize" && response.Headers.TryGetValues(McpHeaders.SessionId, out var ids))
        {
            SessionId = ids.FirstOrDefault(id => id.Length is > 0 and <= 1024);
        }

        // A server without sessions has no streams that could be taken up.
        var answer = new ResumableAnswer(http, IdOf(request), onMessage, heard);
        return await answer.ReadAsync(response, Revisions.HasSessions(_revision) ? () => Create(HttpMethod.Get, target, default) : null, cancellation);

        void Hear()
        {
            request.Answered?.Invoke();
            heard();
        }
    }

    private static JsonElement IdOf(UpstreamRequest request) => JsonDocument.Parse(RpcWriter.Write(request.WriteId)).RootElement;
}
