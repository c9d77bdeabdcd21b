using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Edge.OpenStreams;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Edge.Tests.Wire;

[Collection(WorldCollection.Name)]
public class OpenStreamTests(World world)
{
    [Fact]
    public async Task RevokedGrant_EndsItsEventStreams_AndNoOthers()
    {
        var (revoked, other) = (Guid.NewGuid(), Guid.NewGuid());
        using var doomed = await OpenAsync("a.test", world.Tokens.AccessToken(world.A, revoked));
        using var living = await OpenAsync("a.test", world.Tokens.AccessToken(world.A, other));

        world.Tokens.Revoke(revoked);

        await doomed.EndsAsync();
        Assert.NotNull(await living.LineAsync());
        Assert.NotNull(await living.LineAsync());
    }

    [Fact]
    public async Task QuietStream_OfARevokedGrant_EndsToo()
    {
        var grant = Guid.NewGuid();
        using var doomed = await OpenAsync("a.test", world.Tokens.AccessToken(world.A, grant), "/sse?quiet");

        world.Tokens.Revoke(grant);

        await doomed.EndsAsync();
    }

    [Fact]
    public async Task ExpiredToken_EndsItsStream()
    {
        // The edge has to see it before it ends.
        using var stream = await Eventually.Async(async () => await OpenAsync("a.test", world.Tokens.AccessToken(world.A, end: DateTimeOffset.UtcNow.AddSeconds(3))));

        await stream.EndsAsync();
    }

    [Fact]
    public async Task ChangedRule_ThatNowDenies_EndsTheStreamsOfThatApplicationAlone()
    {
        var policy = World.Allow(new Rule.EmailDomain("example.com")) with { Require = [new Rule.Ip("127.0.0.0/8")] };
        var application = await world.AddAsync("changing.test", null, policy);
        using var doomed = await OpenAsync("changing.test", world.Tokens.AccessToken(application));
        using var living = await OpenAsync("a.test", world.Tokens.AccessToken(world.A));

        world.Configuration.Put(policy with { Require = [new Rule.Ip("10.0.0.0/8")] });

        await doomed.EndsAsync();
        Assert.NotNull(await living.LineAsync());
    }

    [Fact]
    public async Task DeletedApplication_EndsItsStreams_AndIsUnknown()
    {
        var application = await world.AddAsync("deleted.test");
        using var doomed = await OpenAsync("deleted.test", world.Tokens.AccessToken(application));

        world.Configuration.Delete("application", application.Id);

        await doomed.EndsAsync();
        Assert.Equal(421, (await world.GetAsync("deleted.test", "/"))?.Status);
    }

    [Fact]
    public async Task ManagedOAuthTurnedOff_EndsTheStreamsOfTokens_AndStopsTheirUse()
    {
        var application = await world.AddAsync("turned-off.test");
        var token = world.Tokens.AccessToken(application);
        using var doomed = await OpenAsync("turned-off.test", token);

        await world.ChangeAsync(application with { OauthConfiguration = new OAuthConfiguration { Enabled = false } });

        await doomed.EndsAsync();
        Assert.Equal(302, (await world.GetAsync("turned-off.test", "/", World.Bearer(token)))?.Status);
    }

    [Fact]
    public async Task ServiceToken_KeepsItsStreamBeyondTheAssertionThatItBeganWith()
    {
        var secret = "mo_st_" + Guid.NewGuid().ToString("N");
        var token = new ServiceToken { Id = Guid.NewGuid(), Name = "machine", ClientId = Guid.NewGuid().ToString("N") + ".access", SecretHash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret))) };
        world.Tokens.ShortLived.Add(token.ClientId);
        world.Configuration.Put(token);
        await world.AddAsync("machines.test", null, World.PolicyOf(PolicyAction.NonIdentity, new Rule.AnyValidServiceToken()));
        using var stream = await RawConnection.OpenAsync(world.Port);
        await Eventually.Async(async () => (await world.GetAsync("machines.test", "/", $"CF-Access-Client-Id: {token.ClientId}", $"CF-Access-Client-Secret: {secret}"))?.Status == 200);
        await stream.SendAsync(World.Head("GET", "machines.test", "/sse", $"CF-Access-Client-Id: {token.ClientId}", $"CF-Access-Client-Secret: {secret}"));
        Assert.StartsWith("HTTP/1.1 200", await stream.LineAsync(), StringComparison.Ordinal);
        var end = DateTimeOffset.UtcNow.AddSeconds(4);
        while (DateTimeOffset.UtcNow < end)
        {
            Assert.NotNull(await stream.LineAsync());
        }

        world.Configuration.Put(token with { Enabled = false });
        await stream.EndsAsync();
    }

    [Fact]
    public async Task ShortRequests_AreNotKeptInTheList()
    {
        var token = World.Bearer(world.Tokens.AccessToken(world.A));
        for (var i = 0; i < 20; i++)
        {
            await world.GetAsync("a.test", "/", token);
        }

        await Eventually.Async(() => world.Edge.Get<OpenStreamList>().Count < 20);
    }

    private async Task<RawConnection> OpenAsync(string host, string token, string target = "/sse")
    {
        var connection = await RawConnection.OpenAsync(world.Port);
        await connection.SendAsync(World.Head("GET", host, target, World.Bearer(token), "Accept: text/event-stream"));
        Assert.StartsWith("HTTP/1.1 200", await connection.LineAsync(), StringComparison.Ordinal);
        return connection;
    }
}
