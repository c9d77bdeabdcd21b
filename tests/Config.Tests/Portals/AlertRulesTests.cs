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
    public void NothingWrong_RaisesNothing() => Assert.Empty(AlertRules.Next(s_server, [], s_good, null, [], [], s_now));

    [Fact]
    public void CredentialThatDied_RaisesOneAlert_WhichEndsWhenItIsConnectedAgain()
    {
        var dead = s_good with { Connection = McpConnectionState.Stale };
        var raised = Assert.Single(AlertRules.Next(s_server, [], dead, null, [], [], s_now));
        Assert.Equal(McpAlertKind.CredentialStale, raised.Kind);
        Assert.Empty(AlertRules.Next(s_server, [raised], dead, null, [], [], s_now.AddHours(2)));
        Assert.Equal(s_now.AddHours(3), Assert.Single(AlertRules.Next(s_server, [raised], s_good, null, [], [], s_now.AddHours(3))).ResolvedAt);
    }

    [Fact]
    public void SharedLoginThatWasGrantedTooLittle_RaisesOneAlert_ThatNamesTheScopes()
    {
        var raised = Assert.Single(AlertRules.Next(s_server, [], s_good, null, [], [], s_now, ["notes.write"]));
        Assert.Equal((McpAlertKind.ScopeMissing, "notes.write"), (raised.Kind, Assert.Single(raised.Names)));
        Assert.Contains("(notes.write)", raised.Detail, StringComparison.Ordinal);
        Assert.Empty(AlertRules.Next(s_server, [raised], s_good, null, [], [], s_now, ["notes.write"]));
        Assert.NotNull(Assert.Single(AlertRules.Next(s_server, [raised], s_good, null, [], [], s_now)).ResolvedAt);
        Assert.Empty(AlertRules.Next(s_server with { AuthType = McpAuthType.Bearer }, [], s_good, null, [], [], s_now, ["notes.write"]));
    }

    [Fact]
    public void LoginsOfUsersThatDied_AreOneAlert_WhichEndsWithTheLastOfThem()
    {
        var first = Assert.Single(Next([], "ann@example.com"));
        Assert.Equal((McpAlertKind.UserCredentialStale, "ann@example.com"), (first.Kind, Assert.Single(first.Names)));
        Assert.Contains("1 user at", first.Detail, StringComparison.Ordinal);
        Assert.Empty(Next([first], "ann@example.com"));
        var both = Assert.Single(Next([first with { AcknowledgedAt = s_now, AcknowledgedBy = "x" }], "ann@example.com", "bob@example.com"));
        Assert.Equal((first.Id, 2, null, s_now), (both.Id, both.Names.Count, both.AcknowledgedAt, both.UpdatedAt));
        var one = Assert.Single(Next([both with { AcknowledgedAt = s_now }], "bob@example.com"));
        Assert.Equal(("bob@example.com", null, s_now), (Assert.Single(one.Names), one.ResolvedAt, one.AcknowledgedAt));
        Assert.Equal(s_now, Assert.Single(Next([one])).ResolvedAt);

        static IReadOnlyList<McpAlert> Next(IReadOnlyList<McpAlert> open, params string[] stale) => AlertRules.Next(s_server, open, s_good, null, [], stale, s_now);
    }

    [Theory]
    [InlineData(McpAuthType.Unauthenticated)]
    [InlineData(McpAuthType.Bearer)]
    public void ServerThatNobodyLogsInAtAnyMore_LeavesNoAlertAboutLogins(McpAuthType type)
    {
        var raised = Assert.Single(AlertRules.Next(s_server, [], s_good, null, [], ["ann@example.com"], s_now));
        var resolved = Assert.Single(AlertRules.Next(s_server with { AuthType = type }, [raised], s_good, null, [], ["ann@example.com"], s_now));
        Assert.Equal((raised.Id, s_now), (resolved.Id, resolved.ResolvedAt));
        Assert.Empty(AlertRules.Next(s_server with { AuthType = type }, [], s_good, null, [], ["ann@example.com"], s_now));
    }

    [Fact]
    public void OneFailure_IsNoAlert_TwoAre()
    {
        var failed = s_good with { Failures = 1, Error = new McpSyncError { Cause = "It answered 500." } };
        Assert.Empty(AlertRules.Next(s_server, [], failed, null, [], [], s_now));
        Assert.Equal(McpAlertKind.SyncFailed, Assert.Single(AlertRules.Next(s_server, [], failed with { Failures = 2 }, null, [], [], s_now)).Kind);
    }

    [Fact]
    public void DefinitionInQuarantine_ThatChangesOnceMore_IsNewsAgain()
    {
        var waiting = new McpDefinition { Name = "a", Definition = System.Text.Json.JsonDocument.Parse("{}").RootElement, Hash = "1", Approved = false };
        var catalog = new McpCatalog { Id = Guid.NewGuid(), ServerId = "s", Tools = [waiting] };
        var first = Assert.Single(AlertRules.Next(s_server, [], s_good, catalog, ["tools/a"], [], s_now));
        var seen = first with { AcknowledgedAt = s_now.AddHours(1), AcknowledgedBy = "x" };
        Assert.Empty(AlertRules.Next(s_server, [seen], s_good, catalog, [], [], s_now.AddHours(2)));
        var again = Assert.Single(AlertRules.Next(s_server, [seen], s_good, catalog, ["tools/a"], [], s_now.AddHours(3)));
        Assert.Equal((first.Id, null, s_now.AddHours(3)), (again.Id, again.AcknowledgedAt, again.UpdatedAt));
    }

    [Fact]
    public void Failure_ThatGoesOn_SaysHowOften_AndIsNoNews()
    {
        var failed = s_good with { Failures = 2, Error = new McpSyncError { Cause = "It answered 500." } };
        var first = Assert.Single(AlertRules.Next(s_server, [], failed, null, [], [], s_now)) with { AcknowledgedAt = s_now };
        var later = Assert.Single(AlertRules.Next(s_server, [first], failed with { Failures = 7 }, null, [], [], s_now.AddHours(9)));
        Assert.Contains("7 times", later.Detail, StringComparison.Ordinal);
        Assert.Equal((s_now, s_now), (later.UpdatedAt, later.AcknowledgedAt));
    }

    [Fact]
    public void News_AreToldWhereThePinningIsNotify()
    {
        Assert.Equal(["tools/a"], Assert.Single(AlertRules.Next(s_server with { ToolPinning = McpToolPinning.Notify }, [], s_good, null, ["tools/a"], [], s_now)).Names);
        Assert.Empty(AlertRules.Next(s_server with { ToolPinning = McpToolPinning.Automatic }, [], s_good, null, ["tools/a"], [], s_now));
    }

    [Fact]
    public void News_OfSeveralReadings_AreOneAlertUntilItIsAcknowledged()
    {
        var server = s_server with { ToolPinning = McpToolPinning.Notify };
        var first = Assert.Single(AlertRules.Next(server, [], s_good, null, ["tools/a"], [], s_now));
        var second = Assert.Single(AlertRules.Next(server, [first], s_good, null, ["tools/a", "tools/b"], [], s_now.AddHours(2)));
        Assert.Equal((first.Id, s_now, s_now.AddHours(2)), (second.Id, second.RaisedAt, second.UpdatedAt));
        Assert.Equal(["tools/a", "tools/b"], second.Names.Order(StringComparer.Ordinal));
        Assert.Contains("2 definitions", second.Detail, StringComparison.Ordinal);
        var seen = second with { AcknowledgedAt = s_now.AddHours(3) };
        Assert.NotEqual(first.Id, Assert.Single(AlertRules.Next(server, [seen], s_good, null, ["tools/c"], [], s_now.AddHours(4))).Id);
        Assert.Equal(1000, Assert.Single(AlertRules.Next(server, [second], s_good, null, [.. Enumerable.Range(0, 2000).Select(index => $"tools/{index}")], [], s_now.AddHours(4))).Names.Count);
    }
}
