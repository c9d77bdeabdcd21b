using System.Text;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Edge.Tests.Wire;

/// <summary>An origin passes the assertion that it received on to another application.</summary>
[Collection(WorldCollection.Name)]
public class LinkedTokenTests(World world)
{
    [Fact]
    public async Task Assertion_OfALinkedApplication_LetsIn_AndTheOriginGetsOneOfItsOwn()
    {
        var target = await TargetAsync("linked.test", world.A.Id);
        var (marker, assertion) = (Guid.NewGuid().ToString("N"), world.Tokens.Assertion(world.A, Guid.NewGuid(), "alice@example.com"));
        var minted = world.Tokens.Minted;
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(200, (await world.GetAsync("linked.test", $"/{marker}", $"Cf-Access-Token: {assertion}"))?.Status);
        }

        Assert.Equal(minted + 1, world.Tokens.Minted);
        Assert.All(world.Origin.With(marker), request =>
        {
            Assert.Equal("alice@example.com", Assert.Single(request.All("Cf-Access-Authenticated-User-Email")));
            Assert.Null(request["Cf-Access-Token"]);
            var payload = Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(Assert.Single(request.All("Cf-Access-Jwt-Assertion")).Split('.')[1]));
            Assert.Contains(target.Aud, payload, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Assertion_MadeOutOfAnother_OpensNothing()
    {
        await TargetAsync("linked-again.test", world.A.Id, world.B.Id);
        var linked = world.Tokens.Assertion(world.A, Guid.NewGuid(), change: claims => claims["linked_app_uid"] = world.B.Id.ToString());
        Assert.Equal(403, (await world.GetAsync("linked-again.test", "/", $"Cf-Access-Token: {linked}"))?.Status);
        Assert.Equal(401, (await world.GetAsync("a.test", "/", $"Cf-Access-Token: {linked}"))?.Status);
    }

    [Fact]
    public async Task Assertion_WithoutALinkBetweenTheTwo_OpensNothing()
    {
        var (marker, assertion) = (Guid.NewGuid().ToString("N"), world.Tokens.Assertion(world.B, Guid.NewGuid()));
        await TargetAsync("unlinked.test", world.A.Id);
        Assert.Equal(403, (await world.GetAsync("unlinked.test", $"/{marker}", $"Cf-Access-Token: {assertion}"))?.Status);
        Assert.Equal(401, (await world.GetAsync("a.test", $"/{marker}", $"Cf-Access-Token: {assertion}"))?.Status);
        Assert.Empty(world.Origin.With(marker));
    }

    [Fact]
    public async Task Assertion_ThatIsBad_OpensNothing()
    {
        await TargetAsync("strictly-linked.test", world.A.Id);
        var good = world.Tokens.Assertion(world.A, Guid.NewGuid());
        foreach (var bad in new[]
        {
            good[..^4] + "AAAA",
            world.Tokens.Assertion(world.A, Guid.NewGuid(), end: DateTimeOffset.UtcNow.AddMinutes(-5)),
            world.Tokens.Assertion(world.A, Guid.NewGuid(), change: claims => claims["type"] = "external_evaluation"),
            world.Tokens.Assertion(world.A, Guid.NewGuid(), change: claims => claims["iss"] = "https://evil.test"),
            world.Tokens.Assertion(world.A, Guid.NewGuid(), change: claims => claims.Remove("email")),
        })
        {
            Assert.Equal(403, (await world.GetAsync("strictly-linked.test", "/", $"Cf-Access-Token: {bad}"))?.Status);
        }

        Assert.Equal(403, (await world.GetAsync("strictly-linked.test", "/", $"Cookie: CF_Authorization={good}"))?.Status);
        Assert.Equal(200, (await world.GetAsync("strictly-linked.test", "/", $"Cf-Access-Token: {good}"))?.Status);
    }

    [Fact]
    public async Task Grant_ThatEnds_EndsWhatItWasLinkedTo()
    {
        await TargetAsync("ending.test", world.A.Id);
        var grant = Guid.NewGuid();
        var assertion = world.Tokens.Assertion(world.A, grant);
        Assert.Equal(200, (await world.GetAsync("ending.test", "/", $"Cf-Access-Token: {assertion}"))?.Status);
        world.Tokens.Revoke(grant);
        await Eventually.Async(async () => (await world.GetAsync("ending.test", "/", $"Cf-Access-Token: {assertion}"))?.Status == 403);
    }

    [Fact]
    public async Task Policy_WithARequirement_DecidesAtEveryRequest()
    {
        var policy = World.PolicyOf(PolicyAction.NonIdentity, new Rule.LinkedAppToken(world.A.Id));
        await world.AddAsync("required.test", application => application with { OauthConfiguration = null }, policy with { Require = [new Rule.Ip("10.0.0.0/8")] });
        Assert.Equal(403, (await world.GetAsync("required.test", "/", $"Cf-Access-Token: {world.Tokens.Assertion(world.A, Guid.NewGuid())}"))?.Status);
    }

    [Fact]
    public async Task Token_ThatMakesNoAssertion_IsAnOutage()
    {
        await TargetAsync("outage.test", world.A.Id);
        world.Tokens.RefusesLinks = true;
        try
        {
            Assert.Equal(503, (await world.GetAsync("outage.test", "/", $"Cf-Access-Token: {world.Tokens.Assertion(world.A, Guid.NewGuid())}"))?.Status);
        }
        finally
        {
            world.Tokens.RefusesLinks = false;
        }
    }

    private Task<Application> TargetAsync(string domain, params Guid[] sources) => world.AddAsync(
        domain,
        application => application with { OauthConfiguration = null },
        World.PolicyOf(PolicyAction.NonIdentity, [.. sources.Select(source => new Rule.LinkedAppToken(source))]));
}
