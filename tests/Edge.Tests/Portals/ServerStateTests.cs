using System.Collections.Immutable;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Contracts.ServerReadings;
using ManagedOAuth.Contracts.Upstream;
using ManagedOAuth.Edge.Portals.Upstreams;
using Login = ManagedOAuth.Contracts.Upstream.UpstreamCredentialReply.Types.State;
using Reading = ManagedOAuth.Contracts.ServerReadings.ReadingState.Types.State;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>What a client is told of a server. The states stand for everything that is known of it.</summary>
public sealed class ServerStateTests
{
    [Theory]
    [InlineData(Reading.Unspecified, null, "waiting", "has not been read")]
    [InlineData(Reading.Waiting, "An administrator has to connect the server before it can be read.", "waiting", "administrator")]
    [InlineData(Reading.Error, "It answered 500.", "error", "It answered 500.")]
    public void ServerThatWasNeverRead_SaysWhatItWaitsFor(Reading reading, string? cause, string state, string expected)
        => AssertIs(state, expected, ServerState.Of(Server(isRead: false), Of(reading, cause), null, isUnreachable: false));

    [Theory]
    [InlineData(McpAuthType.Oauth, true, Login.Connected, Reading.Ready, "ready", null)]
    [InlineData(McpAuthType.Oauth, true, Login.LoginRequired, Reading.Ready, "needs_login", "not logged in")]
    [InlineData(McpAuthType.Oauth, true, Login.Stale, Reading.Ready, "needs_login", "has ended")]
    [InlineData(McpAuthType.Oauth, false, Login.LoginRequired, Reading.Stale, "waiting", "administrator")]
    [InlineData(McpAuthType.Oauth, false, Login.Stale, Reading.Stale, "error", "shared login")]
    [InlineData(McpAuthType.Bearer, false, Login.Stale, Reading.Stale, "error", "enter it again")]
    [InlineData(McpAuthType.Unauthenticated, false, null, Reading.Stale, "stale", "out of order")]
    [InlineData(McpAuthType.Unauthenticated, false, null, Reading.Unspecified, "ready", null)]

    // The administrator's login is over, which the user's own calls do not need.
    [InlineData(McpAuthType.Oauth, true, Login.Connected, Reading.Stale, "ready", null)]
    public void ServerThatWasRead_IsAsItsCallsWouldFindIt(McpAuthType type, bool isPerUser, Login? login, Reading reading, string state, string? expected)
        => AssertIs(state, expected, ServerState.Of(
            Server(isRead: true, type, isPerUser), Of(reading, "It is out of order."), login is { } known ? new UpstreamStatus { State = known } : null, isUnreachable: false));

    [Fact]
    public void ServerThatThisEdgeDoesNotReach_IsAnError()
        => AssertIs("error", "not been reachable", ServerState.Of(Server(isRead: true), Of(Reading.Ready, null), null, isUnreachable: true));

    private static void AssertIs(string state, string? cause, ServerState actual)
    {
        Assert.Equal(state, actual.State);
        Assert.True(cause is null ? actual.Cause is null : actual.Cause!.Contains(cause, StringComparison.Ordinal), actual.Cause);
    }

    private static ReadingState? Of(Reading reading, string? cause) => reading == Reading.Unspecified ? null : new ReadingState { State = reading, Cause = cause ?? "" };

    private static PortalServer Server(bool isRead, McpAuthType type = McpAuthType.Unauthenticated, bool isPerUser = false)
    {
        var server = new McpServer { Id = Guid.NewGuid(), ServerId = "s", Name = "S", Hostname = "https://s.test/mcp", AuthType = type };
        var portal = new McpPortal { Id = Guid.NewGuid(), PortalId = "p", Name = "P", Hostname = "p.test", ApplicationId = Guid.NewGuid(), Servers = [new McpPortalServer { ServerId = "s", OnBehalf = isPerUser }] };
        var catalog = new McpCatalog { Id = McpCatalog.IdOf(server.Id), ServerId = "s" };
        return PortalDirectory.Build(
            ConfigurationSnapshot.Empty with
            {
                McpServers = ImmutableDictionary<Guid, McpServer>.Empty.Add(server.Id, server),
                McpCatalogs = isRead ? ImmutableDictionary<Guid, McpCatalog>.Empty.Add(catalog.Id, catalog) : ImmutableDictionary<Guid, McpCatalog>.Empty,
            },
            portal).Servers[0];
    }
}
