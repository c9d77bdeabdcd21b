using ManagedOAuth.Config.Portals.Alerts;
using ManagedOAuth.Config.Portals.Servers;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Tests.Portals;

public sealed class AlertRulesTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 22, 9, 0, 0, TimeSpan.Zero);
    private static readonly McpServer s_server = new() { Id = Guid.NewGuid(), Name = "s", ServerId = "s", Hostname = "https://s.test/mcp", AuthType = McpAuthType.Oauth };
    private static readonly McpServerStatus s_good = new() { Id = s_server.Id, State = McpSyncState.Ready, Connection = McpConnectionState.Connected };

    [Fact]
    public void NothingWrong_RaisesNothing() => Assert.Empty(AlertRules.Next(s_server, [], s_good, null, [], s_now));

    [Fact]
    public void CredentialThatDied_RaisesOneAlert_WhichEndsWhenItIsConnectedAgain()
    {
        var dead = s_good with { Connection = McpConnectionState.Stale };
        var raised = Assert.Single(AlertRules.Next(s_server, [], dead, null, [], s_now));
        Assert.Equal(McpAlertKind.CredentialStale, raised.Kind);
        Assert.Empty(AlertRules.Next(s_server, [raised], dead, null, [], s_now.AddHours(2)));
        Assert.Equal(s_now.AddHours(3), Assert.Single(AlertRules.Next(s_server, [raised], s_good, null, [], s_now.AddHours(3))).ResolvedAt);
    }

    [Fact]
    public void OneFailure_IsNoAlert_TwoAre()
    {
        var failed = s_good with { Failures = 1, Error = new McpSyncError { Cause = "It answered 500." } };
        Assert.Empty(AlertRules.Next(s_server, [], failed, null, [], s_now));
        Assert.Equal(McpAlertKind.SyncFailed, Assert.Single(AlertRules.Next(s_server, [], failed with { Failures = 2 }, null, [], s_now)).Kind);
    }

    [Fact]
    public void News_AreToldWhereThePinningIsNotify()
    {
        Assert.Equal(["tools/a"], Assert.Single(AlertRules.Next(s_server with { ToolPinning = McpToolPinning.Notify }, [], s_good, null, ["tools/a"], s_now)).Names);
        Assert.Empty(AlertRules.Next(s_server with { ToolPinning = McpToolPinning.Automatic }, [], s_good, null, ["tools/a"], s_now));
    }
}
