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
    public void LoginsOfUsersThatDied_AreOneAlert_WhichEndsWithTheLastOfThem()
    {
        var first = AlertRules.NextOfUser(s_server, [], "ann@example.com", isStale: true, s_now)!;
        Assert.Equal((McpAlertKind.UserCredentialStale, "ann@example.com"), (first.Kind, Assert.Single(first.Names)));
        Assert.Contains("1 user at", first.Detail, StringComparison.Ordinal);
        Assert.Null(AlertRules.NextOfUser(s_server, [first], "ann@example.com", isStale: true, s_now.AddMinutes(1)));
        Assert.Null(AlertRules.NextOfUser(s_server, [first], "bob@example.com", isStale: false, s_now.AddMinutes(1)));
        var both = AlertRules.NextOfUser(s_server, [first with { AcknowledgedAt = s_now, AcknowledgedBy = "x" }], "bob@example.com", isStale: true, s_now.AddMinutes(2))!;
        Assert.Equal((first.Id, 2, null, s_now.AddMinutes(2)), (both.Id, both.Names.Count, both.AcknowledgedAt, both.UpdatedAt));
        var one = AlertRules.NextOfUser(s_server, [both], "ann@example.com", isStale: false, s_now.AddMinutes(3))!;
        Assert.Equal(("bob@example.com", null), (Assert.Single(one.Names), one.ResolvedAt));
        Assert.Equal(s_now.AddMinutes(4), AlertRules.NextOfUser(s_server, [one], "bob@example.com", isStale: false, s_now.AddMinutes(4))!.ResolvedAt);
        var full = first with { Names = [.. Enumerable.Range(0, 1000).Select(index => $"{index}@example.com")] };
        Assert.Null(AlertRules.NextOfUser(s_server, [full], "more@example.com", isStale: true, s_now));
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

    [Fact]
    public void News_OfSeveralReadings_AreOneAlertUntilItIsAcknowledged()
    {
        var server = s_server with { ToolPinning = McpToolPinning.Notify };
        var first = Assert.Single(AlertRules.Next(server, [], s_good, null, ["tools/a"], s_now));
        var second = Assert.Single(AlertRules.Next(server, [first], s_good, null, ["tools/a", "tools/b"], s_now.AddHours(2)));
        Assert.Equal((first.Id, s_now, s_now.AddHours(2)), (second.Id, second.RaisedAt, second.UpdatedAt));
        Assert.Equal(["tools/a", "tools/b"], second.Names.Order(StringComparer.Ordinal));
        Assert.Contains("2 definitions", second.Detail, StringComparison.Ordinal);
        var seen = second with { AcknowledgedAt = s_now.AddHours(3) };
        Assert.NotEqual(first.Id, Assert.Single(AlertRules.Next(server, [seen], s_good, null, ["tools/c"], s_now.AddHours(4))).Id);
        Assert.Equal(1000, Assert.Single(AlertRules.Next(server, [second], s_good, null, [.. Enumerable.Range(0, 2000).Select(index => $"tools/{index}")], s_now.AddHours(4))).Names.Count);
    }
}
