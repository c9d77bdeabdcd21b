using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.Edge.Tests.Wire;

/// <summary>The pages of a portal, which authorization-server serves for the user that Edge verified.</summary>
public sealed class PortalPageTests(World world) : IClassFixture<World>
{
    private const string Host = "portal-pages.test";

    [Fact]
    public async Task Pages_NeedAPersonsSession_AndTellWhoItIs()
    {
        var portal = await world.AddAsync(Host, app => app with { Type = ApplicationType.McpPortal, Origin = null }, World.Allow(new Rule.Email("alice@example.com")));
        foreach (var path in new[] { "/", "/authorize?elicitationId=x", "/servers-callback?state=s&code=c", "/servers-callback/notes?state=s&code=c" })
        {
            var marker = Guid.NewGuid().ToString("N");

            // Nobody: people are led to the login, programs to the metadata; forged facts change nothing.
            Assert.Equal(302, (await world.GetAsync(Host, path, "Accept: text/html", $"X-Marker: {marker}", "X-ManagedOAuth-User: e30"))?.Status);
            Assert.Equal(401, (await world.GetAsync(Host, path, $"X-Marker: {marker}"))?.Status);

            // A session of another application, and credentials of programs: no.
            Assert.Equal(302, (await world.GetAsync(Host, path, "Accept: text/html", Session(world.A, "alice@example.com"), $"X-Marker: {marker}"))?.Status);
            Assert.Equal(403, (await world.GetAsync(Host, path, $"Cf-Access-Token: {world.Tokens.Assertion(portal, Guid.NewGuid(), "alice@example.com")}", $"X-Marker: {marker}"))?.Status);
            Assert.DoesNotContain(world.AuthorizationServer.Received, entry => entry.Request["X-Marker"] == marker);

            Assert.Equal(200, (await world.GetAsync(Host, path, Session(portal, "alice@example.com"), $"X-Marker: {marker}"))?.Status);
            var edge = Assert.Single(world.AuthorizationServer.Received, entry => entry.Request["X-Marker"] == marker).Edge;
            Assert.Equal("alice@example.com", edge.User?.Email);
            Assert.Equal(portal.Id, edge.ApplicationId);
            Assert.Equal("https://" + Host, edge.PublicOrigin);
        }
    }

    [Fact]
    public async Task OtherApplications_HaveNoSuchPages()
    {
        var marker = Guid.NewGuid().ToString("N");
        var application = await world.AddAsync("no-portal.test", app => app, World.Allow(new Rule.Email("alice@example.com")));
        await world.GetAsync("no-portal.test", "/authorize", Session(application, "alice@example.com"), $"X-Marker: {marker}");
        Assert.DoesNotContain(world.AuthorizationServer.Received, entry => entry.Request["X-Marker"] == marker);
    }

    private string Session(Application application, string email) => $"Cookie: CF_Authorization={world.Tokens.Assertion(application, Guid.NewGuid(), email)}";
}
