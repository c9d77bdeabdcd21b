using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.AuthorizationServer.Upstream.OAuth;
using ManagedOAuth.AuthorizationServer.Upstream.Vault;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Upstream;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using State = ManagedOAuth.Contracts.Upstream.UpstreamCredentialReply.Types.State;

namespace ManagedOAuth.AuthorizationServer.Tests.Upstream;

/// <summary>A server wants more for one call than a login was granted (RFC 6750 §3.1): the next login asks for it, and the one that there is goes on.</summary>
[Collection(UpstreamTests.Name)]
public sealed class MoreScopeTests(UpstreamHost host) : IAsyncLifetime
{
    private readonly Identity _alice = UpstreamHost.User();

    public Task InitializeAsync() => host.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task NextLogin_AsksForWhatWasMissing_AndSoDoThoseAfterIt()
    {
        using var browser = host.Browser(_alice);
        await host.ConnectAsync(browser);
        var first = await host.GetAsync(_alice);
        var reply = await AskAsync(_alice, first.CredentialId, "notes notes.write");
        Assert.Equal((State.MoreScopeRequired, "notes.write", 0), (reply.State, reply.Scope, reply.Headers.Count));

        // Everything else goes on; and once is enough.
        Assert.Equal(first, await host.GetAsync(_alice));
        Assert.Equal(State.MoreScopeRequired, (await AskAsync(_alice, first.CredentialId, "notes.write")).State);
        Assert.Equal(["upstream_connected", "upstream_scope_wanted"], await host.EventsOfAsync(_alice));
        var page = await browser.GetAsync(UpstreamHost.Portal + "/authorize");
        Assert.Contains("Asks for more", page.Body);
        Assert.Contains("notes.write", page.Body);

        Assert.Equal("notes offline_access notes.write", await ConnectAgainAsync(browser));
        var second = await host.GetAsync(_alice);
        Assert.NotEqual(first.LoginId, second.LoginId);
        Assert.DoesNotContain("Asks for more", (await browser.GetAsync(UpstreamHost.Portal + "/authorize")).Body);

        // Refused all the same, or once more with the token of before: no second circle.
        Assert.Equal(second, await AskAsync(_alice, second.CredentialId, "notes.write"));
        Assert.Equal(second, await AskAsync(_alice, first.CredentialId, "notes.write"));

        // It is remembered over refreshes and logins, and adds up.
        await host.AgeAsync(_alice, TimeSpan.FromHours(2));
        var third = await host.GetAsync(_alice);
        Assert.Equal("notes.admin", (await AskAsync(_alice, third.CredentialId, "notes.admin")).Scope);
        Assert.Equal("notes offline_access notes.write notes.admin", await ConnectAgainAsync(browser));
    }

    [Fact]
    public async Task SharedLogin_IsToldOfToAdministrators()
    {
        var told = (await host.ToldAsync(null)).Count;
        await host.ConnectSharedAsync();
        var reply = await host.GetAsync(null);
        var answer = await AskAsync(null, reply.CredentialId, "notes.write");
        Assert.Equal((State.MoreScopeRequired, "notes.write"), (answer.State, answer.Scope));
        Assert.Equal(["", "notes.write"], (await host.ToldAsync(null)).Skip(told).Select(message => message.MissingScope));
        Assert.Equal("notes offline_access notes.write", ScopeOf(await host.ConnectSharedAsync()));
        Assert.Equal("", (await host.ToldAsync(null))[^1].MissingScope);
        await host.ForgetSharedAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ScopeThatIsNotGiven_KeepsNobodyOut_AndIsNotWantedAgain(bool isOver)
    {
        using var browser = host.Browser(_alice);
        await host.ConnectAsync(browser);
        var login = await host.GetAsync(_alice);
        Assert.Equal("admin", (await AskAsync(_alice, login.CredentialId, "admin")).Scope);
        if (isOver)
        {
            host.Notes.TokenError = "invalid_grant";
            Assert.Equal(State.Stale, (await host.GetAsync(_alice, refused: login.CredentialId)).State);
            host.Notes.TokenError = null;
        }

        var leaving = await UpstreamHost.LeaveAsync(browser);
        Assert.Equal("notes offline_access admin", ScopeOf(leaving));
        Assert.Contains("no login with what calls were refused for (admin)", (await browser.GetAsync(host.Notes.Refuse(leaving, "invalid_scope"))).Body);
        Assert.Equal("upstream_scope_not_given", (await host.EventsOfAsync(_alice))[^1]);
        if (!isOver)
        {
            Assert.Equal(login, await AskAsync(_alice, login.CredentialId, "admin"));
            Assert.DoesNotContain("Asks for more", (await browser.GetAsync(UpstreamHost.Portal + "/authorize")).Body);
        }

        Assert.Equal("notes offline_access", await ConnectAgainAsync(browser));
        Assert.Equal(State.Connected, (await host.GetAsync(_alice)).State);
    }

    [Fact]
    public async Task SharedLogin_ThatIsNotGivenMore_IsNotWaitedForByAdministrators()
    {
        await host.ConnectSharedAsync();
        await AskAsync(null, (await host.GetAsync(null)).CredentialId, "admin");
        Assert.Equal("admin", (await host.ToldAsync(null))[^1].MissingScope);
        using var browser = host.Browser(UpstreamHost.User());
        var reply = await host.CallAsync("config", (client, options) => client.ConnectAsync(new ConnectRequest { ServerId = UpstreamHost.IdOf("notes").ToString(), Actor = "admin" }, options));
        var leaving = UpstreamHost.LinkOf(await browser.SubmitAsync(await browser.GetAsync(reply.Url)));
        await browser.GetAsync(host.Notes.Refuse(leaving, "invalid_scope"));
        Assert.Equal((false, ""), ((await host.ToldAsync(null))[^1].IsStale, (await host.ToldAsync(null))[^1].MissingScope));
        Assert.Equal("notes offline_access", ScopeOf(await host.ConnectSharedAsync()));
        await host.ForgetSharedAsync();
    }

    [Theory]
    [InlineData("a", "b", "a b", "b", "", "a b")]
    [InlineData("a b", "b c", "a b c", "c", "b", "a b c")]
    [InlineData("a b", "b", "a b", "b", "", "a b")]
    [InlineData("a", "b", "a", "", "b", "a")]
    public void Refused_IsWhatWasAskedForLast(string asked, string wanted, string asking, string refused, string wantedThen, string askedThen)
    {
        var login = Login(asked, wanted);
        Assert.Equal(refused, UpstreamScopes.Refused(login, asking));
        var next = UpstreamScopes.NotWanting(login, refused);
        Assert.Equal((wantedThen, askedThen), (next.WantedScope, next.AskedScope));
    }

    [Fact]
    public async Task Registration_NamesWhatMayBeAskedForLater()
    {
        await host.ResetRegistrationsAsync();
        host.Notes.Resource = document => document["scopes_supported"] = new System.Text.Json.Nodes.JsonArray("notes", "notes.write");
        using var browser = host.Browser(_alice);
        Assert.Equal("notes offline_access", ScopeOf(await UpstreamHost.LeaveAsync(browser)));
        Assert.Equal("notes offline_access notes.write", (string)Assert.Single(host.Notes.Registrations)["scope"]!);
    }

    [Theory]
    [InlineData("a b", "", "b c", "c", "c")]
    [InlineData("a b", "c", "d", "c d", "d")]
    [InlineData("a b", "c", "c", "c", "c")]
    [InlineData("a b", "", "a b", null, null)]
    [InlineData("a b", "", "", null, null)]
    [InlineData("a b", "", "c \"d", null, null)]
    public void Wanted_IsWhatTheLoginDidNotAskFor(string asked, string before, string missing, string? wanted, string? lacking)
        => Assert.Equal(wanted is null ? null : (wanted, lacking!), UpstreamScopes.Wanted(s_server, Login(asked, before), missing));

    [Fact]
    public void Wanted_HasBounds_AndLeavesWhatAnAdministratorEntered()
    {
        var many = string.Join(' ', Enumerable.Range(0, 20).Select(number => $"s{number}"));
        Assert.NotNull(UpstreamScopes.Wanted(s_server, Login("a", ""), many));
        Assert.Null(UpstreamScopes.Wanted(s_server, Login("a", many), "b"));
        Assert.Null(UpstreamScopes.Wanted(s_server, Login("a", ""), new string('x', 501)));
        var entered = s_server with { OauthClient = new McpOAuthClient { ClientId = "x", Scopes = ["a"] } };
        Assert.Null(UpstreamScopes.Wanted(entered, Login("a", ""), "b"));

        // One of a version before did not say what it had asked for.
        Assert.Equal(("b", "b"), UpstreamScopes.Wanted(s_server, Login(null, "") with { Scope = "a" }, "a b"));
    }

    [Fact]
    public async Task LoginOfAVersionBefore_IsReadAndAskedForMore()
    {
        using var browser = host.Browser(_alice);
        await host.ConnectAsync(browser);
        var id = UpstreamLogin.IdOf(UpstreamHost.IdOf("notes"), _alice.UserId);
        var source = host.Service.Services.GetRequiredService<NpgsqlDataSource>();
        string table;
        await using (var find = source.CreateCommand("select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables where tablename = 'mt_doc_upstreamlogin'"))
        {
            table = (string)(await find.ExecuteScalarAsync())!;
        }

        await using (var forget = source.CreateCommand($"update {table} set data = data - 'wantedScope' - 'askedScope' - 'usedAt' where id = '{id}'"))
        {
            Assert.Equal(1, await forget.ExecuteNonQueryAsync());
        }

        Assert.Equal("notes.write", (await AskAsync(_alice, (await host.GetAsync(_alice)).CredentialId, "notes.write")).Scope);
    }

    private static readonly McpServer s_server = UpstreamHost.Server("scopes", "https://scopes.test/mcp");

    private static UpstreamLogin Login(string? asked, string wanted) => new()
    {
        Id = Guid.NewGuid(),
        ServerId = s_server.Id,
        UserId = Guid.NewGuid(),
        ServerUrl = s_server.Hostname,
        Resource = s_server.Hostname,
        Issuer = "https://as.test",
        TokenEndpoint = "https://as.test/token",
        Client = new UpstreamClient("x", UpstreamClient.None, null),
        CredentialId = "c",
        AskedScope = asked,
        WantedScope = wanted,
    };

    private Task<UpstreamCredentialReply> AskAsync(Identity? user, string insufficient, string missing) => host.CallAsync("edge", (client, options) => client.GetAsync(
        new UpstreamCredentialRequest { ServerId = UpstreamHost.IdOf("notes").ToString(), UserId = user?.UserId.ToString() ?? "", Insufficient = insufficient, MissingScope = missing }, options));

    private async Task<string> ConnectAgainAsync(Browser browser)
    {
        var leaving = await UpstreamHost.LeaveAsync(browser);
        Assert.Equal(303, (await browser.GetAsync(host.Notes.LogIn(leaving))).Status);
        return ScopeOf(leaving);
    }

    private static string ScopeOf(string url) => QueryHelpers.ParseQuery(new Uri(url).Query)["scope"].ToString();
}
