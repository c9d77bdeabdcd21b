using System.Text.Json;
using ManagedOAuth.Edge.Portals.Protocol;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>How a session begins: <c>initialize</c>, and what the client asked for before.</summary>
internal sealed partial class UpstreamSession
{
    private const int RepeatedAtOnce = 8;

    /// <summary>Begins a session, unless there is one.</summary>
    /// <exception cref="UpstreamException">The server does not begin any.</exception>
    public async Task BeginAnewAsync(UpstreamTarget target, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(target.Timeout);
        await InitializeAsync(target, deadline.Token);
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
                if (shared is not null && Shared is { } session)
                {
                    Volatile.Write(ref _renewedAt, Environment.TickCount64);
                    await shared.KeepAsync(session, cancellation);
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

    private async Task BeginAsync(UpstreamTarget target, CancellationToken cancellation)
    {
        try
        {
            await InitializeOnceAsync(target, cancellation);
        }
        catch (UpstreamException refused) when (_channel is null && refused.Status is 400 or 404 or 405 or 406 && target.MayBeSse)
        {
            // A server of the older transport refuses the POST (MCP Streamable HTTP, Backwards Compatibility).
            await OpenChannelAsync(target, cancellation);
            await InitializeOnceAsync(target, cancellation);
        }
    }

    private async Task OpenChannelAsync(UpstreamTarget target, CancellationToken cancellation)
    {
        _channel = await SseChannel.OpenAsync(http, target, static response => UpstreamRefusal.Of(response, null), message => Unrelated?.Invoke(message) ?? Task.CompletedTask, cancellation);
        if (_ended.Token.IsCancellationRequested)
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
        (_hasLogs, _levelRank) = (RpcMessage.Member(RpcMessage.Member(answer.Result, "capabilities"), "logging").ValueKind == JsonValueKind.Object, int.MaxValue);
        await SendAsync(target, RpcWriter.Notification("notifications/initialized"), "notifications/initialized", cancellation);
        await RepeatChoicesAsync(target, RpcMessage.Member(answer.Result, "capabilities"), cancellation);
    }

    // What the client asked for before this session began. Its logs and changes are as the server likes, where it does not take that in time: no reason not to
    // ask it for anything else.
    private async Task RepeatChoicesAsync(UpstreamTarget target, JsonElement capabilities, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(LevelPatience);
        var choices = new List<UpstreamRequest>();
        if (target.LogLevel is { } level && RpcMessage.Member(capabilities, "logging").ValueKind == JsonValueKind.Object)
        {
            choices.Add(Choice("logging/setLevel", "setLevel", "level", level));
        }

        if (RpcMessage.Member(RpcMessage.Member(capabilities, "resources"), "subscribe").ValueKind == JsonValueKind.True)
        {
            choices.AddRange(target.Subscriptions.Select((uri, index) => Choice("resources/subscribe", $"subscribe.{index}", "uri", uri)));
        }

        foreach (var some in choices.Chunk(RepeatedAtOnce))
        {
            await Task.WhenAll(some.Select(choice => RepeatAsync(target, choice, deadline.Token, cancellation)));
        }
    }

    // A request without a session says its level itself, and this session serves several at once: the server is told of the one that wants to hear most.
    private async Task RaiseLevelAsync(UpstreamTarget target, CancellationToken cancellation)
    {
        if (IsStateless || !_hasLogs || LogLevels.RankOf(target.RequestLogLevel) is not { } rank || rank >= _levelRank)
        {
            return;
        }

        await _gate.WaitAsync(cancellation);
        try
        {
            if (rank < _levelRank)
            {
                using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                deadline.CancelAfter(LevelPatience);
                await RepeatAsync(target, Choice("logging/setLevel", $"setLevel.{rank}", "level", target.RequestLogLevel!), deadline.Token, cancellation);
                _levelRank = rank;
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    private static UpstreamRequest Choice(string method, string id, string member, string value) => new(method, null, json => json.WriteStringValue(id))
    {
        Made = json =>
        {
            json.WriteStartObject();
            json.WriteString(member, value);
            json.WriteEndObject();
        },
    };

    private async Task RepeatAsync(UpstreamTarget target, UpstreamRequest choice, CancellationToken deadline, CancellationToken cancellation)
    {
        try
        {
            await ExchangeAsync(target, choice, static _ => Task.CompletedTask, static () => { }, deadline);
        }
        catch (Exception failure) when (failure is UpstreamException || (failure is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            // See above.
        }
    }
}
