using ManagedOAuth.Config.Portals.Servers;
using ManagedOAuth.Config.Portals.Sync;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Messages;

namespace ManagedOAuth.Config.Tests.Portals;

/// <summary>How soon a server is read of which something is heard.</summary>
public sealed class SyncRulesTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 22, 9, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(90);
    private static readonly McpServer s_server = new() { Id = Guid.NewGuid(), Name = "s", ServerId = "s", Hostname = "https://s.test/mcp", AuthType = McpAuthType.Unauthenticated };

    [Fact]
    public void QuietServer_IsDueAtOnce()
    {
        var heard = SyncRules.Heard(ReadAt(s_now.AddHours(-1)), s_now);
        Assert.Equal((s_now, s_now), (heard.DueAt, heard.HeardAt));
        Assert.True(SyncRules.IsDue(s_server, heard, s_now));
    }

    [Fact]
    public void ServerThatWasJustRead_IsDueWhenThePauseIsOver()
    {
        var heard = SyncRules.Heard(ReadAt(s_now.AddSeconds(-3)), s_now);
        Assert.Equal(s_now.AddSeconds(7), heard.DueAt);
        Assert.Equal(heard.DueAt, SyncRules.Heard(heard, s_now.AddSeconds(1)).DueAt);
    }

    [Fact]
    public void WhatIsHeard_NeverPutsAReadingOff()
    {
        var due = ReadAt(s_now) with { DueAt = s_now.AddSeconds(1) };
        Assert.Equal(due.DueAt, SyncRules.Heard(due, s_now).DueAt);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ServerThatGoesOnShouting_IsReadMoreAndMoreSeldom(bool needsLogin)
    {
        var (status, now, pauses) = (ReadAt(s_now.AddHours(-1)), s_now, new List<double>());
        for (var i = 0; i < 9; i++)
        {
            status = SyncRules.Heard(status, now);
            pauses.Add((status.DueAt - now).TotalSeconds);
            now = status.DueAt;
            status = SyncRules.Claimed(status, s_server, s_lease, now);
            status = needsLogin ? SyncRules.NeedsLogin(status, McpConnectionState.LoginRequired, now) with { DueAt = now.AddHours(2) }
                : SyncRules.Succeeded(status, McpConnectionState.NotRequired, [], now);
            Assert.Null(status.HeardAt);
        }

        Assert.Equal([0, 10, 20, 40, 80, 160, 320, 600, 600], pauses);

        // It was silent for long.
        status = SyncRules.Claimed(SyncRules.Heard(status, now.AddHours(1)), s_server, s_lease, now.AddHours(1));
        Assert.Equal(SyncRules.ShortestHeardPause, status.HeardPause);
    }

    [Fact]
    public void ServerAtAnotherAddress_IsNotShownWithTheClientOfTheOneBefore()
    {
        var status = SyncRules.Claimed(ReadAt(s_now), s_server, s_lease, s_now) with { Client = new UpstreamClientNamed("c", "none", "https://a.test", "https://a.test/token", "") };
        Assert.NotNull(SyncRules.Claimed(status, s_server, s_lease, s_now).Client);
        Assert.Null(SyncRules.Claimed(status, s_server with { Hostname = "https://other.test/mcp" }, s_lease, s_now).Client);
    }

    [Fact]
    public void ClientThatBecameKnownBeforeTheFirstReading_Stays()
    {
        var told = new McpServerStatus { Id = s_server.Id, Client = new UpstreamClientNamed("c", "none", "https://a.test", "https://a.test/token", "") };
        Assert.NotNull(SyncRules.Claimed(told, s_server, s_lease, s_now).Client);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SharedLoginThatDiesWhileTheServerIsRead_StaysDead(bool succeeds)
    {
        var claimed = SyncRules.Claimed(ReadAt(s_now.AddHours(-1)) with { Connection = McpConnectionState.Connected }, s_server, s_lease, s_now);
        var meanwhile = SyncRules.SharedLoginChanged(claimed, isStale: true, s_now.AddSeconds(1));
        var end = s_now.AddSeconds(2);
        var read = succeeds ? SyncRules.Succeeded(claimed, McpConnectionState.Connected, [], end) : SyncRules.Failed(claimed, McpConnectionState.Connected, new McpSyncError { Cause = "away" }, end);
        var status = SyncRules.WithWhatWasTold(read, claimed, meanwhile, end);
        Assert.Equal((McpSyncState.Stale, McpConnectionState.Stale, default(DateTimeOffset)), (status.State, status.Connection, status.LeasedUntil));

        // And it is read again soon, with what there is then.
        Assert.InRange(status.DueAt, end, end + SyncRules.ShortestHeardPause);
    }

    [Fact]
    public void LoginThatIsMadeAnewWhileTheServerIsRead_IsTried()
    {
        var claimed = SyncRules.Claimed(ReadAt(s_now.AddHours(-1)) with { Connection = McpConnectionState.Stale }, s_server, s_lease, s_now);
        var meanwhile = SyncRules.SharedLoginChanged(claimed, isStale: false, s_now.AddSeconds(1));
        var end = s_now.AddSeconds(2);
        var status = SyncRules.WithWhatWasTold(SyncRules.Succeeded(claimed, McpConnectionState.Connected, [], end), claimed, meanwhile, end);
        Assert.Equal((McpSyncState.Ready, McpConnectionState.Connected), (status.State, status.Connection));
        Assert.InRange(status.DueAt, end, end + SyncRules.ShortestHeardPause);
    }

    // Or a replica that is behind would read the old address, and the others the new one again.
    [Fact]
    public void ReplicaThatHasNotHeardOfAChange_DoesNotReadTheServer()
    {
        var changed = s_server with { Version = 2, Hostname = "https://other.test/mcp" };
        var status = SyncRules.Succeeded(SyncRules.Claimed(ReadAt(s_now), changed, s_lease, s_now), McpConnectionState.NotRequired, [], s_now);
        var later = s_now + SyncRules.Period + SyncRules.Period;
        Assert.False(SyncRules.IsDue(s_server with { Version = 1 }, status, later));
        Assert.True(SyncRules.IsDue(changed, status, later));
        Assert.True(SyncRules.IsDue(changed with { Version = 3, Hostname = "https://third.test/mcp" }, status, s_now));
    }

    [Fact]
    public void ServerThatWantsAnAssertionNow_IsReadAtOnce_AsTheSameClient()
    {
        var status = SyncRules.Succeeded(SyncRules.Claimed(ReadAt(s_now), s_server, s_lease, s_now), McpConnectionState.NotRequired, [], s_now) with
        {
            Client = new UpstreamClientNamed("c", "none", "https://a.test", "https://a.test/token", ""),
        };
        var asking = s_server with { SendAssertion = true };
        Assert.False(SyncRules.IsDue(s_server, status, s_now));
        Assert.True(SyncRules.IsDue(asking, status, s_now));
        var claimed = SyncRules.Claimed(status, asking, s_lease, s_now);
        Assert.NotNull(claimed.Client);
        Assert.False(SyncRules.IsDue(asking, SyncRules.Succeeded(claimed, McpConnectionState.NotRequired, [], s_now), s_now));
    }

    [Fact]
    public void StatusThatWasReadBeforeANewerOneWasNoted_IsNotShown()
    {
        var known = new McpServerStatuses();
        var older = ReadAt(s_now) with { WrittenAt = s_now };
        known.Note(older with { State = McpSyncState.Stale, WrittenAt = s_now.AddTicks(1) });
        known.Note(older);
        Assert.Equal(McpSyncState.Stale, known.Of(s_server.Id).State);

        // A replica of a version before writes no time.
        known.Note(older with { WrittenAt = default });
        Assert.Equal(McpSyncState.Ready, known.Of(s_server.Id).State);
    }

    private static McpServerStatus ReadAt(DateTimeOffset at) => new()
    {
        Id = s_server.Id,
        State = McpSyncState.Ready,
        LastSynced = at,
        LastSuccessfulSync = at,
        DueAt = at + SyncRules.Period,
        Fingerprint = SyncRules.Fingerprint(s_server),
    };
}
