using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.Edge.Tests.Wire;

/// <summary>The dashboard's domain while an application protects it.</summary>
public sealed class DashboardTests(World world) : IClassFixture<World>
{
    private const string Host = "localhost:8703";

    [Fact]
    public async Task Pages_NeedASessionOfTheApplication_TheApiDoesNot()
    {
        var application = await world.AddAsync(Host, app => app with { OauthConfiguration = null }, World.Allow(new Rule.Email("admin@example.com")));
        var marker = Guid.NewGuid().ToString("N");

        // Nobody: the login; forged facts change nothing.
        var nobody = await world.GetAsync(Host, "/applications", "Accept: text/html", "X-ManagedOAuth-User: eyJ1c2VyX2lkIjoiMSJ9", $"X-Marker: {marker}");
        Assert.Equal(302, nobody?.Status);
        Assert.StartsWith(World.TeamOrigin, nobody!["Location"], StringComparison.Ordinal);
        Assert.DoesNotContain(world.Config.Received, entry => entry.Request["X-Marker"] == marker);

        // The API: by its own tokens, never with a user.
        Assert.Equal(200, (await world.GetAsync(Host, "/client/v4/accounts/default/access/apps", $"X-Marker: {marker}-api", "X-ManagedOAuth-User: eyJ1c2VyX2lkIjoiMSJ9", Session(application, "admin@example.com")))?.Status);
        Assert.Null(One($"{marker}-api").User);

        // The administrator: Config is told who.
        Assert.Equal(200, (await world.GetAsync(Host, "/applications", $"X-Marker: {marker}-page", Session(application, "admin@example.com")))?.Status);
        Assert.Equal("admin@example.com", One($"{marker}-page").User?.Identity.Email);

        // A session of another application, and a program's credential: no.
        Assert.Equal(302, (await world.GetAsync(Host, "/", "Accept: text/html", Session(world.A, "admin@example.com")))?.Status);
        Assert.Equal(403, (await world.GetAsync(Host, "/", $"Cf-Access-Token: {world.Tokens.Assertion(application, Guid.NewGuid(), "admin@example.com")}"))?.Status);

        // Its own paths, and nothing of OAuth.
        Assert.Equal(200, (await world.GetAsync(Host, "/cdn-cgi/access/certs"))?.Status);
        Assert.Equal(404, (await world.GetAsync(Host, "/cdn-cgi/access/oauth/token"))?.Status);
        Assert.Equal(404, (await world.GetAsync(Host, "/health", Session(application, "admin@example.com")))?.Status);

        // Bypass opens applications, not this.
        await world.AddAsync("bypass.test", app => app with { OauthConfiguration = null }, World.PolicyOf(Contracts.Configuration.PolicyAction.Bypass, new Rule.Everyone()));
        await world.ChangeAsync(application with { Policies = [new(BypassOf(world), 1)] });
        Assert.Equal(302, (await world.GetAsync(Host, "/", "Accept: text/html"))?.Status);
    }

    private static Guid BypassOf(World world)
        => world.Edge.Get<RouteTableSource>().Current!.Snapshot.Policies.Values.Single(policy => policy.Decision == Contracts.Configuration.PolicyAction.Bypass).Id;

    private string Session(Contracts.Configuration.Application application, string email)
        => $"Cookie: CF_Authorization_8703={world.Tokens.Assertion(application, Guid.NewGuid(), email)}";

    private EdgeRequest One(string marker) => Assert.Single(world.Config.Received, entry => entry.Request["X-Marker"] == marker).Edge;
}
