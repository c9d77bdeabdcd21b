using ManagedOAuth.Edge.Portals.Protocol;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>How a session is shared among the replicas, and how it ends.</summary>
internal sealed partial class UpstreamSession
{
    private long _renewedAt;

    private SharedSession? Shared => SessionId is { } id ? new(id, _revision, Identity) : null;

    /// <summary>Takes over the session that another replica began. False: there is none, here or there.</summary>
    public async Task<bool> TryAdoptAsync(CancellationToken cancellation)
    {
        if (!_isInitialized && shared is not null && _channel is null
            && await shared.FindAsync(cancellation) is { } begun && begun.Identity == Identity && Revisions.HasSessions(begun.Revision))
        {
            (SessionId, _revision, _isInitialized) = (begun.Id, begun.Revision, true);
        }

        return _isInitialized;
    }

    /// <summary>Tells the other replicas that the session is used, now and then.</summary>
    public Task RenewAsync(CancellationToken cancellation)
        => shared is not null && Environment.TickCount64 - Volatile.Read(ref _renewedAt) > shared.Period.TotalMilliseconds ? RestoreAsync(cancellation) : Task.CompletedTask;

    /// <summary>Gives Redis the session (back), unless another replica has begun one since.</summary>
    public async Task RestoreAsync(CancellationToken cancellation)
    {
        if (shared is not null && _isInitialized && Shared is { } session)
        {
            Volatile.Write(ref _renewedAt, Environment.TickCount64);
            await shared.RenewAsync(session, Use.Silence, cancellation);
        }
    }

    /// <summary>Whether another replica has used the session lately, once this one no longer does; true where that cannot be known.</summary>
    public async Task<bool> IsUsedElsewhereAsync(CancellationToken cancellation) => shared is not null && await shared.IsUsedAsync(cancellation);

    /// <summary>Tells the server that the session is over. What it answers does not matter.</summary>
    public async Task EndAsync(UpstreamTarget target, CancellationToken cancellation)
    {
        if (Shared is not { } session)
        {
            return;
        }

        if (shared is not null)
        {
            await shared.ForgetAsync(session, cancellation);
        }

        using var request = Create(HttpMethod.Delete, target, default);
        using var response = await http.SendAsync(request, cancellation);
    }

    /// <summary>The server no longer knows the session: the next call begins another. One that somebody has begun meanwhile stays.</summary>
    /// <param name="lost"><see cref="UpstreamException.LostSession"/>.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task ForgetAsync(object lost, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            if (!Equals(lost, (object?)_channel ?? SessionId))
            {
                return;
            }

            if (shared is not null && Shared is { } session)
            {
                await shared.ForgetAsync(session, cancellation);
            }

            await CloseAsync();
            SessionId = null;
            Interlocked.Exchange(ref _isListening, 0);
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
}
