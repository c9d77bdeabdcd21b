using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Contracts.Upstream;
using ManagedOAuth.ServiceDefaults.HotStore;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using State = ManagedOAuth.Contracts.Upstream.UpstreamCredentialReply.Types.State;

namespace ManagedOAuth.AuthorizationServer.Tests.Upstream;

/// <summary>A user connects servers on the pages of a portal; honest and hostile servers.</summary>
[Collection(UpstreamTests.Name)]
public sealed class ConnectTests(UpstreamHost host) : IAsyncLifetime
{
    public Task InitializeAsync() => host.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task User_ConnectsAServer_AndNobodyElseGetsTheirCredential()
    {
        var (alice, bob) = (UpstreamHost.User(), UpstreamHost.User());
        using var browser = host.Browser(alice);
        Assert.Equal(State.LoginRequired, (await host.GetAsync(alice)).State);

        var url = await UpstreamHost.LeaveAsync(browser);
        var query = QueryHelpers.ParseQuery(new Uri(url).Query);
        Assert.Equal("http://localhost:8791/servers-callback/notes", query["redirect_uri"]);
        var key = $"upstream-login:{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(query["state"]!)))}";
        var kept = Encoding.UTF8.GetString((await host.Service.Services.GetRequiredService<IHotStore>().GetAsync(key))!);
        Assert.DoesNotContain(query["state"].ToString(), kept);
        Assert.Equal(("notes offline_access", "consent", 43, 43), (query["scope"].ToString(), query["prompt"].ToString(), query["state"].ToString().Length, query["code_challenge"].ToString().Length));

        var back = await browser.GetAsync(host.Notes.LogIn(url));
        Assert.Equal((303, "/authorize?connected=notes"), (back.Status, back.Location));
        var page = await browser.GetAsync(UpstreamHost.Portal + back.Location);
        Assert.Contains("Server &lt;notes&gt; is connected.", page.Body);
        Assert.Contains("as alice@upstream.test", page.Body);

        var reply = await host.GetAsync(alice);
        Assert.Equal(State.Connected, reply.State);
        Assert.Equal("Authorization", Assert.Single(reply.Headers).Name);
        Assert.StartsWith("Bearer upstream-access-", reply.Headers[0].Value);
        Assert.InRange(reply.ExpiresAt, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 3000, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 3601);
        Assert.Equal(State.LoginRequired, (await host.GetAsync(bob)).State);
        Assert.Equal(State.LoginRequired, (await host.GetAsync(null)).State);
        Assert.Equal(State.LoginRequired, (await host.GetAsync(alice, "files")).State);

        var status = await host.CallAsync("edge", (client, options) => client.StatusAsync(
            new UpstreamStatusRequest { UserId = alice.UserId.ToString(), ServerIds = { UpstreamHost.IdOf("notes").ToString(), UpstreamHost.IdOf("files").ToString(), UpstreamHost.IdOf("open").ToString(), UpstreamHost.IdOf("wiki").ToString() } }, options));
        Assert.Equal([State.Connected, State.LoginRequired, State.NotRequired, State.Connected], status.Statuses.Select(one => one.State));
        Assert.Equal("alice@upstream.test", status.Statuses[0].Account);
    }

    [Fact]
    public async Task Registration_IsOneForEachServerAndCallback_AndItsSecretIsShownToNobody()
    {
        using var alice = host.Browser(UpstreamHost.User());
        using var bob = host.Browser(UpstreamHost.User());
        await host.ResetRegistrationsAsync();
        await host.ConnectAsync(alice);
        await host.ConnectAsync(bob);
        await host.ConnectAsync(alice, "files");
        Assert.Equal("http://localhost:8791/servers-callback/files", Assert.Single(host.Files.Registrations, one => one["redirect_uris"]![0]!.ToString().StartsWith(UpstreamHost.Portal, StringComparison.Ordinal))["redirect_uris"]![0]!.ToString());
        Assert.Single(host.Notes.Registrations, one => one["redirect_uris"]![0]!.ToString() == "http://localhost:8791/servers-callback/notes");

        // M25: nothing that an MCP client or a page gets holds what this product is upstream.
        foreach (var page in new[] { "/", "/authorize" })
        {
            var body = (await alice.GetAsync(UpstreamHost.Portal + page)).Body;
            Assert.DoesNotContain(host.Notes.Secrets.Concat(host.Files.Secrets), body.Contains);
        }
    }

    // M25: the user's own word comes before any redirect to a server.
    [Fact]
    public async Task NothingLeadsToAServer_WithoutAClickOnThisPage()
    {
        using var browser = host.Browser(UpstreamHost.User());
        using var other = host.Browser(UpstreamHost.User());
        var registered = host.Notes.Registrations.Count;
        Assert.DoesNotContain(host.Notes.Origin, (await browser.GetAsync(UpstreamHost.Portal + "/authorize?action=connect&server=notes")).Body);
        Assert.Equal(403, (await browser.PostAsync(UpstreamHost.Portal + "/authorize", ("action", "connect"), ("server", "notes"))).Status);
        var foreign = (await other.GetAsync(UpstreamHost.Portal + "/authorize")).Csrf;
        Assert.Equal(403, (await browser.PostAsync(UpstreamHost.Portal + "/authorize", ("csrf", foreign), ("action", "connect"), ("server", "notes"))).Status);
        var elsewhere = (await browser.GetAsync(UpstreamHost.OtherPortal + "/authorize")).Csrf;
        Assert.Equal(403, (await browser.PostAsync(UpstreamHost.Portal + "/authorize", ("csrf", elsewhere), ("action", "connect"), ("server", "notes"))).Status);
        Assert.Equal(registered, host.Notes.Registrations.Count);
    }

    // M10
    [Fact]
    public async Task ServerThatAUserMayNotSee_IsNeitherShownNorConnected()
    {
        using var browser = host.Browser(UpstreamHost.User());
        foreach (var path in new[] { "/", "/authorize", "/authorize?connected=secret" })
        {
            Assert.DoesNotContain("secret&gt;", (await browser.GetAsync(UpstreamHost.Portal + path)).Body);
        }

        var answer = await browser.SubmitAsync(await browser.GetAsync(UpstreamHost.Portal + "/authorize"), ("action", "connect"), ("server", "secret"));
        Assert.Equal((303, "/authorize"), (answer.Status, answer.Location));
        using var owner = host.Browser(UpstreamHost.User("owner@example.com"));
        Assert.Contains("secret&gt;", (await owner.GetAsync(UpstreamHost.Portal + "/")).Body);
    }

    // M13
    [Fact]
    public async Task Answer_OfAnotherUserBrowserPortalOrServer_ConnectsNothing_AndSpoilsNothing()
    {
        var (alice, bob) = (UpstreamHost.User(), UpstreamHost.User());
        using var browser = host.Browser(alice);
        using var stranger = host.Browser(bob);
        using var elsewhere = host.Browser(alice);
        var back = host.Notes.LogIn(await UpstreamHost.LeaveAsync(browser));
        await stranger.GetAsync(UpstreamHost.Portal + "/authorize");
        await elsewhere.GetAsync(UpstreamHost.Portal + "/authorize");

        Assert.Equal(403, (await stranger.GetAsync(back)).Status);
        Assert.Equal(403, (await elsewhere.GetAsync(back)).Status);
        Assert.Equal(403, (await browser.GetAsync(back.Replace(UpstreamHost.Portal, UpstreamHost.OtherPortal, StringComparison.Ordinal))).Status);
        Assert.Equal(403, (await browser.GetAsync(back.Replace("/servers-callback/notes", "/servers-callback/files", StringComparison.Ordinal))).Status);
        Assert.Equal(403, (await browser.GetAsync(back.Replace("/servers-callback/notes", "/servers-callback", StringComparison.Ordinal))).Status);
        Assert.Equal(400, (await browser.GetAsync(back.Replace("state=", "state=x", StringComparison.Ordinal))).Status);
        Assert.Equal(400, (await browser.GetAsync(back + "&state=again")).Status);
        Assert.Equal(State.LoginRequired, (await host.GetAsync(alice)).State);
        Assert.Equal(State.LoginRequired, (await host.GetAsync(bob)).State);

        Assert.Equal(303, (await browser.GetAsync(back)).Status);
        Assert.Equal(400, (await browser.GetAsync(back)).Status);
        Assert.Equal(State.Connected, (await host.GetAsync(alice)).State);
        Assert.Equal(State.LoginRequired, (await host.GetAsync(bob)).State);
    }

    // M13
    [Fact]
    public async Task Registration_IsTriedWithoutScopes_WhereTheyAreNotKnown()
    {
        await host.ResetRegistrationsAsync();
        host.Notes.KnowsNoScopes = true;
        using var browser = host.Browser(UpstreamHost.User());
        await host.ConnectAsync(browser);
        Assert.False(Assert.Single(host.Notes.Registrations).ContainsKey("scope"));
    }

    [Fact]
    public async Task ClientMetadataDocument_IsServedAtItsOwnAddress_WhereTheTeamDomainIsOnHttps()
    {
        using var browser = host.Browser(UpstreamHost.User());
        Assert.Equal(404, (await browser.GetAsync(Service.Team + "/cdn-cgi/access/upstream/clients/engineering/notes")).Status);
        var organization = new Organization { Id = Guid.NewGuid(), Name = "Team", AuthDomain = "team.test" };
        await host.Service.ConfigureAsync(feed => feed.Put(organization));
        try
        {
            const string Address = "https://team.test/cdn-cgi/access/upstream/clients/engineering/notes";
            var document = (await browser.GetAsync(Address)).Json;
            Assert.Equal((Address, "none", "http://localhost:8791/servers-callback/notes"), (document.GetProperty("client_id").GetString(), document.GetProperty("token_endpoint_auth_method").GetString(), document.GetProperty("redirect_uris")[0].GetString()));
            host.Notes.Metadata = metadata => metadata["client_id_metadata_document_supported"] = true;
            var answer = await browser.SubmitAsync(await browser.GetAsync(UpstreamHost.Portal + "/authorize"), ("action", "connect"), ("server", "notes"));
            Assert.Equal(Address, QueryHelpers.ParseQuery(new Uri(UpstreamHost.LinkOf(answer)).Query)["client_id"].ToString());
            foreach (var other in new[] { "engineering/nothing", "nothing/notes", "shared/notes" })
            {
                Assert.Equal(other == "shared/notes" ? 200 : 404, (await browser.GetAsync("https://team.test/cdn-cgi/access/upstream/clients/" + other)).Status);
            }
        }
        finally
        {
            await host.Service.ConfigureAsync(feed => feed.Remove(organization.Id));
        }
    }

    [Fact]
    public async Task ServerAway_IsAPageThatSaysSo_AndTheOthersGoOn()
    {
        host.Notes.Down = 503;
        using var browser = host.Browser(UpstreamHost.User());
        var answer = await browser.SubmitAsync(await browser.GetAsync(UpstreamHost.Portal + "/authorize"), ("action", "connect"), ("server", "notes"));
        Assert.Equal((503, "5"), (answer.Status, answer.Headers["Retry-After"]));
        await host.ConnectAsync(browser, "files");
    }

    [Fact]
    public async Task SharedCallback_LeadsOnToThePortal_WhoseSessionCounts()
    {
        await host.ResetAsync(server => server with { IsSharedOauthCallbackEnabled = true });
        var (alice, bob) = (UpstreamHost.User(), UpstreamHost.User());
        using var browser = host.Browser(alice);
        using var stranger = host.Browser(bob);
        var back = host.Notes.LogIn(await UpstreamHost.LeaveAsync(browser));
        Assert.StartsWith(Service.Team + "/cdn-cgi/access/outbound-oauth-callback/notes?", back);
        var relay = await browser.GetAsync(back);
        Assert.Equal(303, relay.Status);
        Assert.StartsWith(UpstreamHost.Portal + "/servers-callback/notes?", relay.Location);
        Assert.Equal(403, (await stranger.GetAsync(relay.Location)).Status);
        Assert.Equal(303, (await browser.GetAsync(relay.Location)).Status);
        Assert.Equal(State.Connected, (await host.GetAsync(alice)).State);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    public async Task ServerWhoseEndpointIsBelowItsAddress_IsConnected(string path)
    {
        await host.ResetAsync(server => server.ServerId == "notes" ? server with { Hostname = host.Notes.Origin + path } : server);
        var alice = UpstreamHost.User();
        using var browser = host.Browser(alice);
        await host.ConnectAsync(browser);
        Assert.Equal(State.Connected, (await host.GetAsync(alice)).State);

        // What describes itself as something elsewhere is not the server, wherever it is looked for.
        host.Notes.Resource = document => document["resource"] = "https://elsewhere.test/mcp";
        using var other = host.Browser(UpstreamHost.User());
        var answer = await other.SubmitAsync(await other.GetAsync(UpstreamHost.Portal + "/authorize"), ("action", "connect"), ("server", "notes"));
        Assert.DoesNotContain("Refresh", answer.Headers.Keys);
    }

    [Fact]
    public async Task Invitation_OpensForItsUserAlone()
    {
        var (alice, bob) = (UpstreamHost.User(), UpstreamHost.User());
        var reply = await host.CallAsync("edge", (client, options) => client.ConnectAsync(
            new ConnectRequest { ServerId = UpstreamHost.IdOf("notes").ToString(), UserId = alice.UserId.ToString(), PortalId = UpstreamHost.PortalId.ToString() }, options));
        Assert.StartsWith(UpstreamHost.Portal + "/authorize?elicitationId=", reply.Url);
        using var browser = host.Browser(alice);
        using var stranger = host.Browser(bob);

        // Both that of an invitation here, and that which a portal gives a client without asking here.
        var ofThePortal = $"{UpstreamHost.Portal}/authorize?elicitationId={LoginInvitation.Of("4bf92f3577b34da6a3ce929d0e0e4736", alice.UserId)}&server=notes";
        foreach (var url in new[] { reply.Url, ofThePortal })
        {
            Assert.Equal(200, (await browser.GetAsync(url)).Status);
            Assert.Equal(403, (await stranger.GetAsync(url)).Status);
        }

        foreach (var ofNobody in new[] { "x", "x-y", "4bf92f3577b34da6a3ce929d0e0e4736" })
        {
            Assert.Equal(200, (await stranger.GetAsync($"{UpstreamHost.Portal}/authorize?elicitationId={ofNobody}")).Status);
        }
    }

    [Theory]
    [InlineData("javascript:alert(1)")]
    [InlineData("/mcp")]
    [InlineData("//evil.test/")]
    [InlineData("http://localhost:8703\\@evil.test/")]
    [InlineData("http://localhost:8703@evil.test/")]
    [InlineData("HTTP://localhost:8703/mcp")]
    [InlineData(" http://localhost:8703/mcp")]
    [InlineData("http://localhost:8703/a\nb")]
    public Task ReturnUrl_ThatAnotherParserCouldReadDifferently_IsRefused(string url)
        => Refused(Grpc.Core.StatusCode.InvalidArgument, () => host.CallAsync("config", (client, options)
            => client.ConnectAsync(new ConnectRequest { ServerId = UpstreamHost.IdOf("files").ToString(), ReturnUrl = url, Actor = "admin@example.com" }, options)));

    [Fact]
    public async Task Administrator_ConnectsAServerForEverybody()
    {
        var request = new ConnectRequest { ServerId = UpstreamHost.IdOf("files").ToString(), ReturnUrl = "http://localhost:8703/mcp", Actor = "admin@example.com" };
        await Refused(Grpc.Core.StatusCode.PermissionDenied, () => host.CallAsync("edge", (client, options) => client.ConnectAsync(request, options)));
        var reply = await host.CallAsync("config", (client, options) => client.ConnectAsync(request, options));
        using var browser = host.Browser(UpstreamHost.User());
        var ask = await browser.GetAsync(reply.Url);
        Assert.Contains("by everybody", ask.Body);
        Assert.Equal(403, (await browser.PostAsync(reply.Url)).Status);
        var leaving = UpstreamHost.LinkOf(await browser.SubmitAsync(ask));

        // The address is used up: whoever finds it in a history or a log connects nothing.
        Assert.Equal(400, (await browser.GetAsync(reply.Url)).Status);
        Assert.Equal(400, (await browser.SubmitAsync(ask)).Status);
        var back = host.Files.LogIn(leaving);
        using (var stranger = host.Browser(UpstreamHost.User()))
        {
            Assert.Equal(403, (await stranger.GetAsync(back)).Status);
        }

        Assert.Contains("http://localhost:8703/mcp", (await browser.GetAsync(back)).Body);
        Assert.Equal(State.Connected, (await host.GetAsync(null, "files", caller: "config")).State);
        Assert.Equal(State.Connected, (await host.GetAsync(null, "files")).State);
        Assert.Equal(State.LoginRequired, (await host.GetAsync(UpstreamHost.User(), "files")).State);
        await Refused(Grpc.Core.StatusCode.PermissionDenied, () => host.GetAsync(UpstreamHost.User(), "files", caller: "config"));
        await host.CallAsync("config", (client, options) => client.ForgetAsync(new ForgetRequest { ServerId = request.ServerId, Actor = "admin@example.com" }, options));
        Assert.Equal(State.LoginRequired, (await host.GetAsync(null, "files")).State);
    }

    // M22
    [Fact]
    public async Task SignOut_ForgetsTheUsersOwnLogins_AndEndsTheirGrantsHere()
    {
        var (alice, bob) = (UpstreamHost.User(), UpstreamHost.User());
        using var browser = host.Browser(alice);
        using var other = host.Browser(bob);
        await host.ConnectAsync(browser);
        await host.ConnectAsync(browser, "files");
        await host.ConnectAsync(other);
        var tokens = new[] { await host.GetAsync(alice), await host.GetAsync(alice, "files") }.Select(reply => reply.Headers[0].Value["Bearer ".Length..]).ToArray();

        var answer = await browser.SubmitAsync(await browser.GetAsync(UpstreamHost.Portal + "/"), ("action", "sign-out"));
        Assert.Equal((303, "/cdn-cgi/access/logout"), (answer.Status, answer.Location));
        var ended = host.Service.Peers.Codes.Ended.Where(request => request.Email == alice.Email).ToList();
        Assert.Equal([false, true], ended.Select(request => request.GoesOn));
        Assert.All(ended, request => Assert.Equal(UpstreamHost.PortalApplication.ToString(), request.ApplicationId));
        Assert.Contains(tokens[0], host.Notes.Revoked);
        Assert.Contains(tokens[1], host.Files.Revoked);
        Assert.Equal(State.LoginRequired, (await host.GetAsync(alice)).State);
        Assert.Equal(State.LoginRequired, (await host.GetAsync(alice, "files")).State);
        Assert.Empty(await host.LoginsOfAsync(alice));
        Assert.Equal(State.Connected, (await host.GetAsync(bob)).State);
    }

    [Fact]
    public async Task Home_TellsHowToConnect_AndIsForSignedInUsersOfPortalsAlone()
    {
        var alice = UpstreamHost.User();
        using var browser = host.Browser(alice);
        var page = await browser.GetAsync(UpstreamHost.Portal + "/");
        Assert.Equal(200, page.Status);
        Assert.Contains(alice.Email, page.Body);
        foreach (var text in new[] { "http://localhost:8791/mcp", "claude mcp add", "ChatGPT", "mcpServers", "mcp-remote", "McpClient", "data-copy" })
        {
            Assert.Contains(text, page.Body);
        }

        browser.User = null;
        Assert.Equal(404, (await browser.GetAsync(UpstreamHost.Portal + "/")).Status);
        Assert.Equal(404, (await browser.GetAsync("http://localhost:8700/authorize")).Status);
        Assert.Equal(404, (await browser.GetAsync(Service.Team + "/")).Status);
    }

    [Fact]
    public async Task PortalWithoutServers_SaysThatThereAreNone_AndWhomToAsk()
    {
        using var browser = host.Browser(UpstreamHost.User());
        await host.Service.ConfigureAsync(feed => feed.Put(new McpPortal
        {
            Id = UpstreamHost.PortalId, PortalId = "engineering", Name = "Engineering", Hostname = "localhost:8791", ApplicationId = UpstreamHost.PortalApplication,
        }));
        try
        {
            Assert.Contains("No servers are available to you here", (await browser.GetAsync(UpstreamHost.Portal + "/")).Body);
            var page = (await browser.GetAsync(UpstreamHost.Portal + "/authorize")).Body;
            Assert.Contains("<h1>No servers</h1>", page);
            Assert.Contains("ask the portal&#x27;s administrator", page);
        }
        finally
        {
            await host.ResetAsync();
        }
    }

    private static async Task Refused(Grpc.Core.StatusCode status, Func<Task> call)
        => Assert.Equal(status, (await Assert.ThrowsAsync<Grpc.Core.RpcException>(call)).StatusCode);
}
