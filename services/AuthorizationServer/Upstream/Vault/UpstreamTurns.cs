using ManagedOAuth.AuthorizationServer.Upstream.OAuth;
using Marten;
using Marten.Exceptions;

namespace ManagedOAuth.AuthorizationServer.Upstream.Vault;

/// <summary>Who may refresh a login at an MCP server, over all replicas, and the keeping of what a refresh gave.</summary>
public sealed partial class UpstreamTurns(IDocumentStore store, SealedTokens seal, TimeProvider clock, ILogger<UpstreamTurns> logger)
{
    // Longer than the one request that is made in a turn.
    private static readonly TimeSpan s_turn = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_keeping = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Takes the right to refresh. <c>Mine</c> is false while another one has it; a login that is gone, worth nothing or has other tokens by now is
    /// given back as it is.
    /// </summary>
    public async Task<(UpstreamLogin? Login, bool Mine)> TakeTurnAsync(Guid id, string credentialId, Guid turn)
    {
        await using var unit = store.LightweightSession();
        var login = await UpstreamLoginReader.LockAsync(unit, id);
        if (login is null || login.CredentialId != credentialId || login.Stale is not null)
        {
            return (login, false);
        }

        var now = clock.GetUtcNow();
        if (login.TurnEndsAt > now && login.Turn != turn)
        {
            return (login, false);
        }

        unit.Store(login with { Turn = turn, TurnEndsAt = now + s_turn });
        await unit.SaveChangesAsync(CancellationToken.None);
        return (login, true);
    }

    /// <summary>Gives the right back unused.</summary>
    public async Task ReleaseTurnAsync(Guid id, Guid turn)
    {
        await using var unit = store.LightweightSession();
        if (await UpstreamLoginReader.LockAsync(unit, id) is { } login && login.Turn == turn)
        {
            unit.Store(login with { Turn = null, TurnEndsAt = null });
            await unit.SaveChangesAsync(CancellationToken.None);
        }
    }

    /// <summary>
    /// Keeps the tokens that a refresh gave, before anybody uses them; a database that is away for a moment is tried again, because there may be no
    /// other copy of the refresh token. <c>Kept</c> is false when the login was removed or made anew meanwhile: it is given as it is, and the tokens
    /// are nobody's.
    /// </summary>
    public async Task<(UpstreamLogin? Login, bool Kept)> RefreshedAsync(UpstreamLogin before, UpstreamTokenSet tokens)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(tokens);
        var end = clock.GetUtcNow() + s_keeping;
        var credentialId = SealedTokens.NewCredentialId();
        while (true)
        {
            try
            {
                return await KeepAsync(before, tokens, credentialId);
            }
            catch (MartenCommandException away) when (away.IsTransient && clock.GetUtcNow() < end)
            {
                LogNotKept(logger, before.ServerId, before.UserId, away.Message);
                await Task.Delay(s_pause, clock);
            }
        }
    }

    private async Task<(UpstreamLogin? Login, bool Kept)> KeepAsync(UpstreamLogin before, UpstreamTokenSet tokens, string credentialId)
    {
        await using var unit = store.LightweightSession();
        var login = await UpstreamLoginReader.LockAsync(unit, before.Id);
        if (login is null || login.CredentialId != before.CredentialId)
        {
            // Saved by an attempt before, whose answer was lost?
            return (login, login?.CredentialId == credentialId);
        }

        var refreshed = seal.Put(login, tokens, seal.Open(login)?.RefreshToken, credentialId);
        unit.Store(refreshed);
        await unit.SaveChangesAsync(CancellationToken.None);
        return (refreshed, true);
    }

    [LoggerMessage(1, LogLevel.Warning, "New tokens of user {UserId} for the MCP server {ServerId} could not be kept and are tried again: {Message}", EventName = "UpstreamNotKept")]
    private static partial void LogNotKept(ILogger logger, Guid serverId, Guid userId, string message);
}
