using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Edge.Tests.Harness;

namespace ManagedOAuth.Edge.Tests.Wire;

/// <summary>A host with three applications: all of it for example.com, <c>/public</c> for everybody, <c>/admin</c> for one network that is not ours.</summary>
[Collection(WorldCollection.Name)]
public class PathScopeTests(World world)
{
    private const string Host = "scoped.test";
    private static readonly SemaphoreSlim s_once = new(1, 1);
    private static Application? s_root;

    [Theory]
    [InlineData("/public", 200)]
    [InlineData("/public/a%20b?x=/../y", 200)]
    [InlineData("/publicly", 401)]
    [InlineData("/admin/x", 302)]
    [InlineData("/x", 401)]
    [InlineData("/admin/x?/public/", 302)]
    [InlineData("/admin/x?../public/", 302)]
    [InlineData("/x?p=/public/a", 401)]
    public async Task Anonymous_IsDecidedByTheMostSpecificApplication(string target, int status)
        => Assert.Equal(status, (await GetAsync(target))?.Status);

    [Theory]
    [InlineData("/public/../admin/x")]
    [InlineData("/public/%2e%2e/admin/x")]
    [InlineData("/public/.%2e/admin/x")]
    [InlineData("/public/%2E%2E/admin/x")]
    [InlineData("/public/..%2fadmin/x")]
    [InlineData("/public%2f..%2fadmin/x")]
    [InlineData("/public/..%5cadmin/x")]
    [InlineData("/public\\..\\admin\\x")]
    [InlineData("/public/..;/admin/x")]
    [InlineData("/public;a=b/../admin/x")]
    [InlineData("/admin;.css/x")]
    [InlineData("//admin/x")]
    [InlineData("/.//admin/x")]
    [InlineData("/public//../admin/x")]
    [InlineData("/admin/./x")]
    [InlineData("/ADMIN/x")]
    [InlineData("/Admin/x")]
    [InlineData("/%41dmin/x")]
    [InlineData("/public/%c0%ae%c0%ae/admin/x")]
    [InlineData("/%ff%fe")]
    [InlineData("/PUBLIC/x")]
    [InlineData("//public/x")]
    public async Task Path_WithTwoReadings_IsNeverForwarded_WithOrWithoutAToken(string path)
    {
        var marker = Guid.NewGuid().ToString("N");

        Assert.Equal(400, (await GetAsync($"{path}?{marker}"))?.Status);
        Assert.Equal(400, (await GetAsync($"{path}?{marker}", World.Bearer(world.Tokens.AccessToken(s_root!))))?.Status);
        Assert.Empty(world.Origin.With(marker));
    }

    [Theory]
    [InlineData("/admin//x", 302)]
    [InlineData("/public/%252e%252e/admin/x", 200)]
    [InlineData("/x/%2541", 401)]
    public async Task Path_WithOneReading_IsDecodedAtMostOnce(string path, int status) => Assert.Equal(status, (await GetAsync(path))?.Status);

    [Theory]
    [InlineData("X-Forwarded-Uri: /public/y")]
    [InlineData("X-Original-URL: /public/y")]
    [InlineData("X-Rewrite-URL: /public/y")]
    [InlineData("X-Forwarded-Prefix: /public")]
    [InlineData("X-Replaced-Path: /public/y")]
    [InlineData("X-HTTP-Method-Override: OPTIONS")]
    [InlineData("User-Agent: GoogleHC/1.0")]
    [InlineData("User-Agent: kube-probe/1.30")]
    public async Task Header_ThatClaimsAnotherPath_ChangesNothing(string header) => Assert.Equal(302, (await GetAsync("/admin/x", header))?.Status);

    [Fact]
    public async Task Session_OfTheRoot_DoesNotOpenTheApplicationBelow()
    {
        await SeedAsync();
        var cookie = $"Cookie: CF_Authorization={world.Tokens.Assertion(s_root!, Guid.NewGuid())}";

        Assert.Equal(200, (await GetAsync("/x", cookie))?.Status);
        Assert.Equal(302, (await GetAsync("/admin/x", cookie))?.Status);
    }

    [Fact]
    public async Task WellKnown_OfTheRoot_IsServed_AndItsSpellingsAreNot()
    {
        Assert.Equal(200, (await GetAsync("/.well-known/oauth-authorization-server"))?.Status);
        Assert.Equal(400, (await GetAsync("/.well-known/oauth-authorization-server/../../admin/x"))?.Status);
    }

    private async Task<RawResponse?> GetAsync(string target, params string[] headers)
    {
        await SeedAsync();
        return await world.GetAsync(Host, target, headers);
    }

    private async Task SeedAsync()
    {
        await s_once.WaitAsync();
        try
        {
            if (s_root is null)
            {
                await world.AddAsync(Host + "/public", application => application with { OauthConfiguration = null }, World.PolicyOf(PolicyAction.Bypass, new Rule.Everyone()));
                await world.AddAsync(Host + "/admin", application => application with { OauthConfiguration = null }, World.Allow(new Rule.Email("root@corp.test")));
                s_root = await world.AddAsync(Host);
            }
        }
        finally
        {
            s_once.Release();
        }
    }
}
