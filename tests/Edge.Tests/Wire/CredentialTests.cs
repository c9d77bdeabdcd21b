using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Edge.Feeds;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Edge.Tests.Wire;

[Collection(WorldCollection.Name)]
public class CredentialTests(World world)
{
    [Theory]
    [InlineData("Bearer")]
    [InlineData("bearer")]
    [InlineData("BEARER ")]
    public async Task AccessToken_LetsIn_AndTheOriginGetsTheAssertionInstead(string scheme)
    {
        var (marker, grant) = (Guid.NewGuid().ToString("N"), Guid.NewGuid());
        var token = world.Tokens.AccessToken(world.A, grant);

        for (var i = 0; i < 2; i++)
        {
            // The second time it comes from the cache.
            Assert.Equal(200, (await world.GetAsync("a.test", $"/{marker}", $"Authorization: {scheme} {token}"))?.Status);
        }

        var received = world.Origin.With(marker);
        Assert.Equal(2, received.Count);
        Assert.All(received, request =>
        {
            Assert.Null(request["Authorization"]);
            Assert.StartsWith("eyJ", Assert.Single(request.All("Cf-Access-Jwt-Assertion")), StringComparison.Ordinal);
            Assert.Equal("alice@example.com", Assert.Single(request.All("Cf-Access-Authenticated-User-Email")));
        });
    }

    [Fact]
    public async Task AccessToken_OfAnotherApplication_IsInvalid()
    {
        var (marker, token) = (Guid.NewGuid().ToString("N"), world.Tokens.AccessToken(world.A));

        Assert.Equal(200, (await world.GetAsync("a.test", "/", World.Bearer(token)))?.Status);
        Assert.Equal(401, (await world.GetAsync("b.test", $"/{marker}", World.Bearer(token)))?.Status);
        Assert.Empty(world.Origin.With(marker));
    }

    [Fact]
    public async Task AccessToken_SealedForThisApplicationButWithAnotherAudience_IsInvalid()
    {
        var token = world.Tokens.AccessToken(world.A, change: payload => payload with { Audience = world.B.Aud });

        Assert.Equal(401, (await world.GetAsync("a.test", "/", World.Bearer(token)))?.Status);
        Assert.Equal(401, (await world.GetAsync("b.test", "/", World.Bearer(token)))?.Status);
    }

    [Fact]
    public async Task AccessToken_ChangedInAnyPlace_IsInvalid()
    {
        var token = world.Tokens.AccessToken(world.A);
        foreach (var place in new[] { 6, 10, 30, token.Length / 2, token.Length - 1 })
        {
            var changed = token[..place] + (token[place] == 'A' ? 'B' : 'A') + token[(place + 1)..];
            Assert.Equal(401, (await world.GetAsync("a.test", "/", World.Bearer(changed)))?.Status);
        }
    }

    [Fact]
    public async Task AccessToken_Expired_IsSaidSo()
    {
        var response = await world.GetAsync("a.test", "/", World.Bearer(world.Tokens.AccessToken(world.A, end: DateTimeOffset.UtcNow.AddSeconds(-1))));

        Assert.Equal(401, response?.Status);
        Assert.Contains("expired", response!["WWW-Authenticate"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task AccessToken_BoundToAKey_IsNoBearerToken()
        => Assert.Equal(401, (await world.GetAsync("a.test", "/", World.Bearer(world.Tokens.AccessToken(world.A, change: payload => payload with { Confirmation = "thumbprint" }))))?.Status);

    [Fact]
    public async Task AccessToken_WhoseKeyWasWithdrawn_IsInvalidAtOnce()
    {
        var application = await world.AddAsync("rotated.test");
        var token = world.Tokens.AccessToken(application);
        Assert.Equal(200, (await world.GetAsync("rotated.test", "/", World.Bearer(token)))?.Status);

        world.Tokens.AddKey(application.Id);

        await Eventually.Async(async () => (await world.GetAsync("rotated.test", "/", World.Bearer(token)))?.Status == 401);
        Assert.Equal(200, (await world.GetAsync("rotated.test", "/", World.Bearer(world.Tokens.AccessToken(application))))?.Status);
    }

    [Fact]
    public async Task AccessToken_ThatWasNoneAtFirst_LetsInAsSoonAsItIsOne()
    {
        var application = await world.AddAsync("early.test");
        var (token, key) = (world.Tokens.AccessToken(application), world.Tokens.SealingKeys[application.Id]);
        world.Tokens.AddKey(application.Id);
        await Eventually.Async(async () => (await world.GetAsync("early.test", "/", World.Bearer(token)))?.Status == 401);

        // Nothing is remembered of a bad token, however often and in however many forms it comes.
        for (var index = 0; index < 20; index++)
        {
            Assert.Equal(401, (await world.GetAsync("early.test", "/", World.Bearer(token)))?.Status);
            Assert.Equal(401, (await world.GetAsync("early.test", "/", World.Bearer(world.Tokens.AccessToken(world.A))))?.Status);
        }

        world.Tokens.PutKey(application.Id, key);
        await Eventually.Async(async () => (await world.GetAsync("early.test", "/", World.Bearer(token)))?.Status == 200);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SessionCookie_LetsIn_WithEitherAlgorithm(bool es256)
    {
        var marker = Guid.NewGuid().ToString("N");
        var assertion = world.Tokens.Assertion(world.A, Guid.NewGuid(), es256: es256);

        Assert.Equal(200, (await world.GetAsync("a.test", $"/{marker}", $"Cookie: mine=1; CF_Authorization={assertion}"))?.Status);

        var received = Assert.Single(world.Origin.With(marker));
        Assert.Equal("mine=1", received["Cookie"]);
        Assert.Equal(assertion, received["Cf-Access-Jwt-Assertion"]);
    }

    [Fact]
    public async Task Assertion_InItsHeader_LetsInAsWell()
    {
        var assertion = world.Tokens.Assertion(world.A, Guid.NewGuid());

        Assert.Equal(200, (await world.GetAsync("a.test", "/", $"Cf-Access-Token: {assertion}"))?.Status);
        Assert.Equal(200, (await world.GetAsync("n.test", "/", $"Cf-Access-Token: {world.Tokens.Assertion(world.N, Guid.NewGuid())}"))?.Status);
        Assert.Equal(401, (await world.GetAsync("a.test", "/", $"Cf-Access-Jwt-Assertion: {assertion}"))?.Status);
        Assert.Equal(401, (await world.GetAsync("a.test", "/", $"Authorization: Bearer {assertion}"))?.Status);
    }

    [Fact]
    public async Task Assertion_ThatIsNotOneOfThisApplicationsSessions_IsRefused()
    {
        var grant = Guid.NewGuid();
        string[] bad =
        [
            world.Tokens.Assertion(world.B, grant),
            world.Tokens.Assertion(world.A, grant, end: DateTimeOffset.UtcNow.AddSeconds(-1)),
            world.Tokens.Assertion(world.A, grant, change: claims => claims["iss"] = "https://evil.test"),
            world.Tokens.Assertion(world.A, grant, change: claims => claims["type"] = "org"),
            world.Tokens.Assertion(world.A, grant, change: claims => claims.Remove("identity_nonce")),
            world.Tokens.Assertion(world.A, grant, change: claims => claims.Remove("exp")),
            world.Tokens.Assertion(world.A, grant, change: claims => claims["nbf"] = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds()),
            new TokenState().Assertion(world.A, grant),
            "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + world.Tokens.Assertion(world.A, grant).Split('.')[1] + ".",
        ];
        foreach (var assertion in bad)
        {
            Assert.Equal(401, (await world.GetAsync("a.test", "/", $"Cookie: CF_Authorization={assertion}"))?.Status);
        }
    }

    [Fact]
    public async Task SessionCookie_Twice_IsNone()
    {
        var (one, two) = (world.Tokens.Assertion(world.A, Guid.NewGuid()), world.Tokens.Assertion(world.A, Guid.NewGuid()));

        Assert.Equal(401, (await world.GetAsync("a.test", "/", $"Cookie: CF_Authorization={one}; CF_Authorization={two}"))?.Status);
    }

    [Fact]
    public async Task BadToken_IsNotMadeGoodByAGoodCookie()
    {
        var cookie = $"Cookie: CF_Authorization={world.Tokens.Assertion(world.A, Guid.NewGuid())}";

        Assert.Equal(401, (await world.GetAsync("a.test", "/", cookie, "Authorization: Bearer mo_at_bad"))?.Status);
    }

    [Fact]
    public async Task Authorization_ThatIsNotOurs_PassesWithASession()
    {
        var marker = Guid.NewGuid().ToString("N");
        var cookie = $"Cookie: CF_Authorization={world.Tokens.Assertion(world.A, Guid.NewGuid())}";

        Assert.Equal(200, (await world.GetAsync("a.test", $"/{marker}", cookie, "Authorization: Basic dTpw"))?.Status);
        Assert.Equal("Basic dTpw", Assert.Single(world.Origin.With(marker))["Authorization"]);
    }

    [Fact]
    public async Task PassBearer_WhereSet_GivesTheOriginTheToken()
    {
        var application = await world.AddAsync("bearer.test", application => application with { Origin = application.Origin! with { PassBearer = true } });
        var (marker, token) = (Guid.NewGuid().ToString("N"), world.Tokens.AccessToken(application));

        await world.GetAsync("bearer.test", $"/{marker}", World.Bearer(token));
        Assert.Equal($"Bearer {token}", Assert.Single(world.Origin.With(marker))["Authorization"]);
    }

    [Fact]
    public async Task RevokedGrant_AndRevokedToken_AreRefusedByTheNextRequest()
    {
        var (grant, other) = (Guid.NewGuid(), Guid.NewGuid());
        var tokenId = Guid.NewGuid();
        var (token, sibling, single) = (
            world.Tokens.AccessToken(world.A, grant),
            world.Tokens.AccessToken(world.A, other),
            world.Tokens.AccessToken(world.A, other, change: payload => payload with { TokenId = tokenId }));
        var cookie = $"Cookie: CF_Authorization={world.Tokens.Assertion(world.A, grant)}";
        Assert.Equal(200, (await world.GetAsync("a.test", "/", World.Bearer(token)))?.Status);
        Assert.Equal(200, (await world.GetAsync("a.test", "/", cookie))?.Status);

        world.Tokens.Revoke(grant);
        world.Tokens.Revoke(other, tokenId);
        await Eventually.Async(() => world.Edge.Get<RevocationList>().Current.Contains(other, tokenId));

        var refused = await world.GetAsync("a.test", "/", World.Bearer(token));
        Assert.Equal(401, refused?.Status);
        Assert.Contains("ended", refused!["WWW-Authenticate"], StringComparison.Ordinal);
        Assert.Equal(401, (await world.GetAsync("a.test", "/", cookie))?.Status);
        Assert.Equal(401, (await world.GetAsync("a.test", "/", World.Bearer(single)))?.Status);
        Assert.Equal(200, (await world.GetAsync("a.test", "/", World.Bearer(sibling)))?.Status);
    }

    [Fact]
    public async Task ContinuousRule_ThatNowDenies_Is403WithoutAChallenge()
    {
        var policy = World.Allow(new Rule.EmailDomain("example.com")) with { Require = [new Rule.Ip("10.0.0.0/8")] };
        var application = await world.AddAsync("office.test", null, policy);

        var response = await world.GetAsync("office.test", "/", World.Bearer(world.Tokens.AccessToken(application)));
        Assert.Equal(403, response?.Status);
        Assert.Empty(response!.All("WWW-Authenticate"));
        Assert.Contains("access_denied", response.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClientAddress_IsThePeers_WhateverHeadersSay()
    {
        var policy = World.Allow(new Rule.EmailDomain("example.com")) with { Require = [new Rule.Ip("10.0.0.1")] };
        var application = await world.AddAsync("address.test", null, policy);
        var token = World.Bearer(world.Tokens.AccessToken(application));

        foreach (var header in new[] { "X-Forwarded-For: 10.0.0.1", "True-Client-IP: 10.0.0.1", "X-Real-IP: 10.0.0.1", "CF-Connecting-IP: 10.0.0.1", "Forwarded: for=10.0.0.1" })
        {
            Assert.Equal(403, (await world.GetAsync("address.test", "/", token, header))?.Status);
        }
    }

    [Fact]
    public async Task ServiceToken_OnAServiceAuthPolicy_LetsIn_OnceAskedFor()
    {
        await world.AddAsync("svc.test", null, World.PolicyOf(PolicyAction.NonIdentity, new Rule.ServiceToken(world.Machine.Id)));
        var (marker, before) = (Guid.NewGuid().ToString("N"), world.Tokens.Minted);
        string[] pair = [$"CF-Access-Client-Id: {world.Machine.ClientId}", $"CF-Access-Client-Secret: {world.MachineSecret}"];

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(200, (await world.GetAsync("svc.test", $"/{marker}", pair))?.Status);
        }

        Assert.Equal(before + 1, world.Tokens.Minted);
        Assert.All(world.Origin.With(marker), request =>
        {
            Assert.Null(request["CF-Access-Client-Id"]);
            Assert.Null(request["CF-Access-Client-Secret"]);
            Assert.Null(request["Cf-Access-Authenticated-User-Email"]);
            Assert.NotNull(request["Cf-Access-Jwt-Assertion"]);
        });
    }

    [Fact]
    public async Task ServiceToken_WrongIncompleteOrNotAdmitted_IsRefused()
    {
        await world.AddAsync("svc2.test", null, World.PolicyOf(PolicyAction.NonIdentity, new Rule.ServiceToken(world.Machine.Id)));
        var (id, secret) = ($"CF-Access-Client-Id: {world.Machine.ClientId}", $"CF-Access-Client-Secret: {world.MachineSecret}");

        Assert.Equal(401, (await world.GetAsync("svc2.test", "/", id))?.Status);
        Assert.Equal(401, (await world.GetAsync("svc2.test", "/", secret))?.Status);
        Assert.Equal(401, (await world.GetAsync("svc2.test", "/", id, "CF-Access-Client-Secret: wrong"))?.Status);
        Assert.Equal(401, (await world.GetAsync("svc2.test", "/", "CF-Access-Client-Id: nobody.access", secret))?.Status);
        Assert.Equal(400, (await world.GetAsync("svc2.test", "/", id, id, secret))?.Status);
        Assert.Equal(401, (await world.GetAsync("svc2.test", $"/?cf-access-client-id={world.Machine.ClientId}&cf-access-client-secret={world.MachineSecret}"))?.Status);
        Assert.Equal(403, (await world.GetAsync("a.test", "/", id, secret))?.Status);
    }

    [Fact]
    public async Task ServiceToken_DisabledOrDeleted_IsRefusedByTheNextRequest()
    {
        var secret = "mo_st_" + Guid.NewGuid().ToString("N");
        var token = new ServiceToken { Id = Guid.NewGuid(), Name = "t", ClientId = Guid.NewGuid().ToString("N") + ".access", SecretHash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret))) };
        world.Configuration.Put(token);
        await world.AddAsync("svc3.test", null, World.PolicyOf(PolicyAction.NonIdentity, new Rule.AnyValidServiceToken()));
        string[] pair = [$"CF-Access-Client-Id: {token.ClientId}", $"CF-Access-Client-Secret: {secret}"];
        Assert.Equal(200, (await world.GetAsync("svc3.test", "/", pair))?.Status);

        world.Configuration.Put(token with { Enabled = false });

        await Eventually.Async(async () => (await world.GetAsync("svc3.test", "/", pair))?.Status == 401);
    }

    [Fact]
    public async Task ServiceToken_InOneHeader_WhereTheApplicationReadsIt()
    {
        await world.AddAsync(
            "svc4.test",
            application => application with { ReadServiceTokensFromHeader = "Authorization" },
            World.PolicyOf(PolicyAction.NonIdentity, new Rule.ServiceToken(world.Machine.Id)));
        var marker = Guid.NewGuid().ToString("N");
        var header = $"Authorization: {{\"cf-access-client-id\":\"{world.Machine.ClientId}\",\"cf-access-client-secret\":\"{world.MachineSecret}\"}}";

        Assert.Equal(200, (await world.GetAsync("svc4.test", $"/{marker}", header))?.Status);
        Assert.Null(Assert.Single(world.Origin.With(marker))["Authorization"]);
        Assert.Equal(401, (await world.GetAsync("svc4.test", "/", "Authorization: {\"cf-access-client-id\":\"x\"}"))?.Status);
        Assert.Equal(401, (await world.GetAsync("svc4.test", "/", "Authorization: {broken cf-access-client-id"))?.Status);
    }
}
