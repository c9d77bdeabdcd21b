using System.Text.Json;
using ManagedOAuth.AuthorizationServer.Tests.IdentityProviders;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.AuthorizationServer.Upstream.OAuth;
using ManagedOAuth.AuthorizationServer.Upstream.Vault;
using ManagedOAuth.AuthorizationServer.Users;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Messages;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.Testing;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ManagedOAuth.AuthorizationServer.Tests.Scim;

/// <summary>What an identity provider has provisioned decides at logins by it. The application admits the department <c>eng</c> and the group <c>admins</c>.</summary>
[Collection(IdentityProviders.ProviderTests.Name)]
public sealed class ScimLoginTests(ProviderHost host) : IAsyncLifetime, IDisposable
{
    private readonly Browser _browser = new(host.Service);

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

    [Theory]
    [InlineData("deactivated")]
    [InlineData("deleted")]
    public async Task User_WhoIsDeprovisioned_LosesTheirLoginsAtMcpServers(string how)
    {
        using var scim = await ScimClient.CreateAsync(host.Service, provider: host.Provider);
        var email = host.User();
        var user = await scim.UserAsync(email);
        await host.LogInAsync(_browser);
        var store = host.Service.Services.GetRequiredService<IDocumentStore>();
        var login = await ConnectAsync(store, email);
        await (how == "deleted" ? scim.SendAsync("DELETE", $"/Users/{user}", null) : scim.PatchAsync($"/Users/{user}", new { op = "replace", path = "active", value = false }));
        await Eventually.Async(async () =>
        {
            await using var query = store.QuerySession();
            return await query.LoadAsync<UpstreamLogin>(login.Id) is null;
        });
        await using var query = store.QuerySession();
        var end = (await query.Events.FetchStreamAsync(login.Id))[^1];
        Assert.Equal(("user_deprovisioned", $"identity-provider:{host.Provider.Id}"), (Assert.IsType<UpstreamForgotten>(end.Data).Reason, end.UserName));
    }

    [Fact]
    public async Task User_WhoseAddressChanges_LosesWhatTheyHoldUnderTheOldOne_AndThenUnderTheNewOne()
    {
        using var scim = await ScimClient.CreateAsync(host.Service, provider: host.Provider);
        var (before, after) = (host.User(), $"renamed-{Guid.NewGuid():N}@example.com");
        var user = await scim.UserAsync(before);
        Assert.Contains("value=\"approve\"", (await _browser.FollowAsync(await host.LogInAsync(_browser))).Body);
        await scim.PatchAsync($"/Users/{user}", new { op = "replace", path = "userName", value = after });
        Assert.Contains("Continue with", (await ProviderHost.OpenAsync(_browser)).Body);
        await scim.PatchAsync($"/Users/{user}", new { op = "replace", path = "active", value = false });

        // Nothing is said of the old address any more, so the message itself has to end what is held under it.
        Assert.Single(await PublishedAsync(before), message => message.Reauthenticate);
        Assert.Single(await PublishedAsync(after), message => message.Reauthenticate);
    }

    [Fact]
    public async Task User_WhoseAddressChanges_LogsInAnew_AsTheSamePerson_WhateverTheSettingsSay()
    {
        using var scim = await ScimClient.CreateAsync(host.Service, IdentityUpdateBehavior.NoAction, userDeprovision: false, provider: host.Provider);
        var (before, after) = (host.User(), $"renamed-{Guid.NewGuid():N}@example.com");
        var user = await scim.UserAsync(before);
        Assert.Contains("value=\"approve\"", (await _browser.FollowAsync(await host.LogInAsync(_browser))).Body);
        var store = host.Service.Services.GetRequiredService<IDocumentStore>();
        var login = await ConnectAsync(store, before);
        var person = await PersonAsync(store, before);
        await scim.PatchAsync($"/Users/{user}", new { op = "replace", path = "userName", value = after });
        Assert.Contains("Continue with", (await ProviderHost.OpenAsync(_browser)).Body);
        Assert.Single(await PublishedAsync(before), message => message.Reauthenticate);
        Assert.Equal((person!.Id, null), ((await PersonAsync(store, after))!.Id, await PersonAsync(store, before)));
        await using var query = store.QuerySession();
        Assert.NotNull(await query.LoadAsync<UpstreamLogin>(login.Id));

        // Another user name beside the same address of mail changes nothing that they hold.
        await scim.PatchAsync($"/Users/{user}", new { op = "replace", path = "emails", value = new[] { new { value = after, primary = true } } });
        await scim.PatchAsync($"/Users/{user}", new { op = "replace", path = "userName", value = "no-address" });
        Assert.DoesNotContain(await PublishedAsync(after), message => message.Reauthenticate);
    }

    [Fact]
    public async Task User_WhoAlsoComesByAnotherProvider_IsNotTheOnesWhoRenamesThem()
    {
        using var scim = await ScimClient.CreateAsync(host.Service, provider: host.Provider);
        var (before, after) = (host.User(), $"renamed-{Guid.NewGuid():N}@example.com");
        var sessions = host.Service.Services.GetRequiredService<TeamSessions>();
        await sessions.BeginAsync(new NewLogin(Guid.NewGuid(), before, Service.Pin, Service.Orders.Id, "203.0.113.91", "flow"), Service.Organization, null, default);
        var user = await scim.UserAsync(before);
        Assert.Contains("value=\"approve\"", (await _browser.FollowAsync(await host.LogInAsync(_browser))).Body);
        var store = host.Service.Services.GetRequiredService<IDocumentStore>();
        var login = await ConnectAsync(store, before);
        var person = await PersonAsync(store, before);
        Assert.Equal([Service.Pin.Id, host.Provider.Id], person!.LoginProviders);
        await scim.PatchAsync($"/Users/{user}", new { op = "replace", path = "userName", value = after });

        // Whom the provider names now is somebody else; who comes by the other keeps what is theirs.
        Assert.Equal(person.Id, (await PersonAsync(store, before))!.Id);
        Assert.NotEqual(person.Id, (await PersonAsync(store, after))!.Id);
        await using var query = store.QuerySession();
        Assert.NotNull(await query.LoadAsync<UpstreamLogin>(login.Id));
    }

    [Fact]
    public async Task User_WhoseNewAddressIsSomebodyElses_LeavesTheirOwnToNobody()
    {
        using var scim = await ScimClient.CreateAsync(host.Service, provider: host.Provider);
        var (before, taken) = ($"first-{Guid.NewGuid():N}@example.com", $"second-{Guid.NewGuid():N}@example.com");
        var user = await scim.UserAsync(before);
        await scim.UserAsync($"login-{Guid.NewGuid():N}", email: taken);
        var store = host.Service.Services.GetRequiredService<IDocumentStore>();
        var other = (await PersonAsync(store, taken))!.Id;
        await scim.PatchAsync($"/Users/{user}", new { op = "replace", path = "userName", value = taken });
        Assert.Equal(other, (await PersonAsync(store, taken))!.Id);
        Assert.Null(await PersonAsync(store, before));
    }

    [Fact]
    public async Task LoginAndChange_OfTheSameUserAtOnce_BothStand()
    {
        using var scim = await ScimClient.CreateAsync(host.Service, provider: host.Provider);
        var email = $"both-{Guid.NewGuid():N}@example.com";
        var user = await scim.UserAsync(email);
        var database = host.Service.Services.GetRequiredService<NpgsqlDataSource>();
        await using var blocker = await database.OpenConnectionAsync();
        await using var transaction = await blocker.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand($"select from authorization_server.mt_doc_user where data ->> 'email' = '{email}' for update", blocker, transaction);
        await hold.ExecuteNonQueryAsync();
        var login = host.Service.Services.GetRequiredService<TeamSessions>().BeginAsync(
            new NewLogin(Guid.NewGuid(), email, host.Provider, Service.Orders.Id, "203.0.113.91", "flow"), Service.Organization, null, default);
        var change = scim.PatchAsync($"/Users/{user}", new { op = "replace", path = "displayName", value = "Alice" });
        await Eventually.Async(async () =>
        {
            await using var waiting = database.CreateCommand("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'");
            return (long)(await waiting.ExecuteScalarAsync())! == 2;
        });
        await transaction.RollbackAsync();
        await login;
        Assert.Equal(200, (await change).Status);
        await using var query = host.Service.Services.GetRequiredService<IDocumentStore>().QuerySession();
        var known = Assert.Single(await query.QueryAsync<User>("where (data ->> 'email') = ?", default, email));
        Assert.Equal((true, "Alice"), (known.LastLoginAt is not null, Assert.Single(known.Provisioned!).DisplayName));
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
        using var channel = host.Service.Connect();
        var reply = await new Identities.IdentitiesClient(channel).ProvisionedAsync(
            new ProvisionedRequest { ProviderId = host.Provider.Id.ToString(), Emails = { moved, gone, unknown } },
            new Grpc.Core.Metadata { { ServiceCredential.Header, host.Service.CredentialOf("token") } });
        var users = reply.Users.ToDictionary(user => user.Email);
        Assert.Equal(2, users.Count);
        Assert.Equal((true, "", "ops"), (users[moved].HasGroups, users[moved].Refusal, users[moved].Groups[0]));
        Assert.NotEmpty(users[gone].Refusal);
    }

    // Nobody takes them here: Token is scripted.
    private async Task<IReadOnlyList<ProvisioningChanged>> PublishedAsync(string email)
    {
        await using var command = host.Service.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
            "select convert_from(body, 'UTF8') from messages.queue where receiver = 'token' and message_type = 'provisioning_changed'");
        await using var reader = await command.ExecuteReaderAsync();
        var found = new List<ProvisioningChanged>();
        while (await reader.ReadAsync())
        {
            found.Add(JsonSerializer.Deserialize<ProvisioningChanged>(reader.GetString(0), JsonSerializerOptions.Web)!);
        }

        return [.. found.Where(message => message.Emails.Contains(email))];
    }

    private static async Task<User?> PersonAsync(IDocumentStore store, string email)
    {
        await using var query = store.QuerySession();
        return (await query.QueryAsync<User>("where (data ->> 'email') = ?", default, email)).SingleOrDefault();
    }

    private static async Task<UpstreamLogin> ConnectAsync(IDocumentStore store, string email)
    {
        await using var unit = store.LightweightSession();
        var user = Assert.Single(await unit.QueryAsync<User>("where (data ->> 'email') = ?", default, email));
        var server = Guid.NewGuid();
        var login = new UpstreamLogin
        {
            Id = UpstreamLogin.IdOf(server, user.Id),
            ServerId = server,
            UserId = user.Id,
            ServerUrl = "https://notes.test/mcp",
            Resource = "https://notes.test/mcp",
            Issuer = "https://notes.test",
            TokenEndpoint = "https://notes.test/token",
            Client = new UpstreamClient("client", UpstreamClient.None, null),
            CredentialId = "c1",
            ConnectedAt = DateTimeOffset.UtcNow,
            RefreshedAt = DateTimeOffset.UtcNow,
        };
        unit.Store(login);
        await unit.SaveChangesAsync();
        return login;
    }
}
