using ManagedOAuth.AuthorizationServer.Tests.IdentityProviders;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.AuthorizationServer.Tests.Scim;

/// <summary>What an identity provider has provisioned decides at logins by it. The application admits the department <c>eng</c> and the group <c>admins</c>.</summary>
[Collection(IdentityProviders.ProviderTests.Name)]
public sealed class ScimLoginTests(ProviderHost host) : IAsyncLifetime, IDisposable
{
    private readonly Browser _browser = new(host.Service, "203.0.113.91");

    public Task InitializeAsync() => host.ResetAsync();

    public Task DisposeAsync() => host.ResetAsync();

    public void Dispose() => _browser.Dispose();

    [Fact]
    public async Task Group_ThatIsProvisioned_AdmitsAndIsWhatTheCodeCarries()
    {
        using var scim = await ScimClient.CreateAsync(host.Service, provider: host.Provider);
        var email = host.User("sales");
        await scim.GroupAsync("admins", await scim.UserAsync(email));
        var consent = await _browser.FollowAsync(await host.LogInAsync(_browser));
        Assert.Equal(303, (await _browser.SubmitAsync(consent, ("action", "approve"))).Status);
        var identity = host.Service.Peers.Codes.Codes.Single(code => code.Identity.Email == email).Identity;
        Assert.Equal(["admins", "ext-admins"], identity.Claims.Single(claim => claim.Name == "groups").Values);
    }

    [Fact]
    public async Task Group_ThatIsTakenAway_DeniesTheSessionThatWasThere()
    {
        using var scim = await ScimClient.CreateAsync(host.Service, provider: host.Provider);
        var user = await scim.UserAsync(host.User("sales"));
        var group = await scim.GroupAsync("admins", user);
        var consent = await _browser.FollowAsync(await host.LogInAsync(_browser));
        Assert.Contains("value=\"approve\"", consent.Body);
        await scim.PatchAsync($"/Groups/{group}", new { op = "remove", path = $"members[value eq \"{user}\"]" });
        Assert.Equal("access_denied", (await _browser.FollowAsync(await _browser.SubmitAsync(consent, ("action", "approve")))).Parameter("error"));

        // Nor does it come back when nobody has it any more: the provider tells the groups from now on.
        await scim.SendAsync("DELETE", $"/Groups/{group}", null);
        Assert.Equal("access_denied", (await ProviderHost.OpenAsync(_browser)).Parameter("error"));
    }

    [Theory]
    [InlineData("deactivated")]
    [InlineData("deleted")]
    public async Task User_WhoIsDeprovisioned_IsSignedOut_AndCannotLogIn(string how)
    {
        using var scim = await ScimClient.CreateAsync(host.Service, provider: host.Provider);
        var user = await scim.UserAsync(host.User());
        Assert.Contains("value=\"approve\"", (await _browser.FollowAsync(await host.LogInAsync(_browser))).Body);
        await (how == "deleted" ? scim.SendAsync("DELETE", $"/Users/{user}", null) : scim.PatchAsync($"/Users/{user}", new { op = "replace", value = new { active = false } }));
        Assert.Contains("Continue with", (await ProviderHost.OpenAsync(_browser)).Body);
        var refused = await host.LogInAsync(_browser);
        Assert.Equal(403, refused.Status);
        Assert.Contains("no longer active", refused.Body);
        if (how == "deactivated")
        {
            await scim.PatchAsync($"/Users/{user}", new { op = "replace", path = "active", value = true });
            Assert.Contains("value=\"approve\"", (await _browser.FollowAsync(await host.LogInAsync(_browser))).Body);
        }
    }

    [Fact]
    public async Task Settings_SayWhatAChangeDoes()
    {
        using (var quiet = await ScimClient.CreateAsync(host.Service, IdentityUpdateBehavior.NoAction, userDeprovision: false, provider: host.Provider))
        {
            var user = await quiet.UserAsync(host.User("sales"), active: false);
            await quiet.GroupAsync("admins", user);
            Assert.Equal("access_denied", (await _browser.FollowAsync(await host.LogInAsync(_browser))).Parameter("error"));
        }

        using var strict = await ScimClient.CreateAsync(host.Service, IdentityUpdateBehavior.Reauth, provider: host.Provider);
        using var browser = new Browser(host.Service, "203.0.113.92");
        var moved = await strict.UserAsync(host.User());
        Assert.Contains("value=\"approve\"", (await browser.FollowAsync(await host.LogInAsync(browser))).Body);
        await strict.GroupAsync("others", moved);
        Assert.Contains("Continue with", (await ProviderHost.OpenAsync(browser)).Body);
    }

    [Fact]
    public async Task Token_IsToldWhatIsProvisioned()
    {
        using var scim = await ScimClient.CreateAsync(host.Service, provider: host.Provider);
        var (moved, gone, unknown) = ($"m-{Guid.NewGuid():N}@example.com", $"g-{Guid.NewGuid():N}@example.com", "nobody@example.com");
        await scim.GroupAsync("ops", await scim.UserAsync(moved));
        await scim.UserAsync(gone, active: false);
        using var channel = Grpc.Net.Client.GrpcChannel.ForAddress(host.Service.GrpcAddress);
        var reply = await new Identities.IdentitiesClient(channel).ProvisionedAsync(
            new ProvisionedRequest { ProviderId = host.Provider.Id.ToString(), Emails = { moved, gone, unknown } },
            new Grpc.Core.Metadata { { ServiceCredential.Header, host.Service.CredentialOf("token") } });
        var users = reply.Users.ToDictionary(user => user.Email);
        Assert.Equal(2, users.Count);
        Assert.Equal((true, "", "ops"), (users[moved].HasGroups, users[moved].Refusal, users[moved].Groups[0]));
        Assert.NotEmpty(users[gone].Refusal);
    }
}
