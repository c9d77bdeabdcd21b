using ManagedOAuth.Config.Portals.Servers;
using ManagedOAuth.Config.Portals.Sync;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Tests.Portals;

/// <summary>When a server is read: every two hours, sooner after a failure, later the more of them there are.</summary>
public sealed class SyncPeriodTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 22, 9, 0, 0, TimeSpan.Zero);
    private static readonly McpServer s_server = new() { Id = Guid.NewGuid(), Name = "s", ServerId = "s", Hostname = "https://s.test/mcp", AuthType = McpAuthType.Oauth };
    private static readonly McpServerStatus s_new = new() { Id = s_server.Id, Fingerprint = SyncRules.Fingerprint(s_server) };
    private static readonly McpSyncError s_error = new() { Cause = "It did not answer." };

    [Fact]
    public void NewServer_IsDueAtOnce() => Assert.True(SyncRules.IsDue(s_server, s_new with { Fingerprint = "" }, s_now));

    [Fact]
    public void ServerThatWasRead_IsDueAfterTwoHours_GiveOrTakeATenth()
    {
        var read = SyncRules.Succeeded(s_new, McpConnectionState.Connected, [], s_now);
        Assert.False(SyncRules.IsDue(s_server, read, s_now + TimeSpan.FromHours(1.79)));
        Assert.True(SyncRules.IsDue(s_server, read, s_now + TimeSpan.FromHours(2.21)));
        Assert.Equal(McpSyncState.Ready, read.State);
    }

    [Fact]
    public void ServersThatWereReadTogether_AreNotReadTogetherForEver()
        => Assert.True(Enumerable.Range(0, 50).Select(_ => SyncRules.Succeeded(s_new, McpConnectionState.Connected, [], s_now).DueAt).Distinct().Count() > 10);

    [Fact]
    public void Failures_AreTriedAgainLaterAndLater_UpToTwoHours_AndASuccessEndsThat()
    {
        var status = s_new;
        var (now, expected) = (s_now, TimeSpan.FromSeconds(30));
        for (var failure = 1; failure <= 12; failure++)
        {
            status = SyncRules.Failed(status, McpConnectionState.Connected, s_error, now);
            Assert.Equal((failure, McpSyncState.Error), (status.Failures, status.State));
            Assert.InRange(status.DueAt - now, expected * 0.9, expected * 1.1);
            Assert.False(SyncRules.IsDue(s_server, status, status.DueAt - TimeSpan.FromTicks(1)));
            Assert.True(SyncRules.IsDue(s_server, status, status.DueAt));
            now = status.DueAt;
            expected = expected * 2 < SyncRules.Period ? expected * 2 : SyncRules.Period;
        }

        status = SyncRules.Succeeded(status, McpConnectionState.Connected, [], now);
        Assert.Equal(0, status.Failures);
        status = SyncRules.Failed(status, McpConnectionState.Connected, s_error, now);
        Assert.Equal(McpSyncState.Stale, status.State);
        Assert.InRange(status.DueAt - now, TimeSpan.FromSeconds(27), TimeSpan.FromSeconds(33));
    }

    [Fact]
    public void ServerThatIsBeingRead_IsNotReadBySomebodyElse_UntilTheLeaseIsOver()
    {
        var leased = s_new with { DueAt = s_now, LeasedUntil = s_now + TimeSpan.FromMinutes(2) };
        Assert.False(SyncRules.IsDue(s_server, leased, s_now + TimeSpan.FromMinutes(1)));
        Assert.True(SyncRules.IsDue(s_server, leased, s_now + TimeSpan.FromMinutes(2)));
    }

    [Fact]
    public void OtherAddressOrCredential_IsAReasonToReadAtOnce_AndAnotherNameIsNone()
    {
        var read = SyncRules.Succeeded(s_new, McpConnectionState.Connected, [], s_now);
        Assert.True(SyncRules.IsDue(s_server with { Hostname = "https://other.test/mcp" }, read, s_now));
        Assert.True(SyncRules.IsDue(s_server with { SealedSecrets = new Dictionary<string, string> { ["headers"] = "x" } }, read, s_now));
        Assert.False(SyncRules.IsDue(s_server with { Name = "other", Description = "other" }, read, s_now));
    }
}
