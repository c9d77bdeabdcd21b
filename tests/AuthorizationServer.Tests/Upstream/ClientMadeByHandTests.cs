using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.Contracts.Configuration;
using Microsoft.AspNetCore.WebUtilities;
using State = ManagedOAuth.Contracts.Upstream.UpstreamCredentialReply.Types.State;

namespace ManagedOAuth.AuthorizationServer.Tests.Upstream;

/// <summary>Servers whose client an administrator made and entered.</summary>
[Collection(UpstreamTests.Name)]
public sealed class ClientMadeByHandTests(UpstreamHost host) : IAsyncLifetime
{
    private static readonly McpOAuthClient s_byHand = new() { ClientId = "by-hand", ClientSecret = "secret by hand", TokenEndpointAuthMethod = "client_secret_post", Scopes = ["a", "b"] };

    public Task InitializeAsync() => host.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Client_UsesThePlainCallback_AndItsSecret()
    {
        await EnterAsync(s_byHand with { Issuer = host.Notes.Origin });
        var alice = UpstreamHost.User();
        using var browser = host.Browser(alice);
        var url = await UpstreamHost.LeaveAsync(browser);
        var query = QueryHelpers.ParseQuery(new Uri(url).Query);
        Assert.Equal(("by-hand", "http://localhost:8791/servers-callback", "a b"), (query["client_id"].ToString(), query["redirect_uri"].ToString(), query["scope"].ToString()));
        Assert.Equal(303, (await browser.GetAsync(host.Notes.LogIn(url))).Status);
        Assert.Equal(State.Connected, (await host.GetAsync(alice)).State);

        // Another client: its authorization server would not know these tokens as its own.
        await host.ResetAsync();
        Assert.Equal(State.LoginRequired, (await host.GetAsync(alice)).State);
    }

    // The server says where one logs in: a secret for whomever it names would be its to collect.
    [Fact]
    public async Task Secret_IsForNobody_UntilItsAuthorizationServerIsEntered()
    {
        await EnterAsync(s_byHand);
        using var browser = host.Browser(UpstreamHost.User());
        var answer = await browser.SubmitAsync(await browser.GetAsync(UpstreamHost.Portal + "/authorize"), ("action", "connect"), ("server", "notes"));
        Assert.Equal(403, answer.Status);
        Assert.Contains("issuer", answer.Body);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Secret_GoesToTheAuthorizationServerThatItWasEnteredFor_Alone(bool byIssuer)
    {
        await EnterAsync(byIssuer ? s_byHand with { Issuer = host.Notes.Origin } : s_byHand with { TokenEndpoint = host.Notes.Origin + "/token" });
        var (alice, bob) = (UpstreamHost.User(), UpstreamHost.User());
        using var browser = host.Browser(alice);
        using var other = host.Browser(bob);
        Assert.Equal(303, (await browser.GetAsync(host.Notes.LogIn(await UpstreamHost.LeaveAsync(browser)))).Status);
        var token = await host.GetAsync(alice);
        var leaving = host.Notes.LogIn(await UpstreamHost.LeaveAsync(other));

        // The same client elsewhere, with a secret for there: logins and answers of before are the former authorization server's.
        var moved = s_byHand with { ClientSecret = "secret for elsewhere" };
        await EnterAsync(byIssuer ? moved with { Issuer = host.Files.Origin } : moved with { TokenEndpoint = host.Files.Origin + "/token" });
        Assert.Equal(State.LoginRequired, (await host.GetAsync(alice, refused: token.CredentialId)).State);
        Assert.Equal(403, (await other.GetAsync(leaving)).Status);
        await browser.SubmitAsync(await browser.GetAsync(UpstreamHost.Portal + "/"), ("action", "sign-out"));
        Assert.Empty(await host.LoginsOfAsync(alice));
        Assert.DoesNotContain("secret for elsewhere", host.Notes.Shown);
    }

    [Fact]
    public async Task LoginOfASecret_IsNoneOfAPublicClientWithTheSameId()
    {
        await EnterAsync(s_byHand with { Issuer = host.Notes.Origin });
        var alice = UpstreamHost.User();
        using var browser = host.Browser(alice);
        Assert.Equal(303, (await browser.GetAsync(host.Notes.LogIn(await UpstreamHost.LeaveAsync(browser)))).Status);
        var token = await host.GetAsync(alice);
        Assert.Equal(State.Connected, token.State);
        await EnterAsync(s_byHand with { Issuer = host.Notes.Origin, TokenEndpointAuthMethod = "none", ClientSecret = null });
        Assert.Equal(State.LoginRequired, (await host.GetAsync(alice, refused: token.CredentialId)).State);
    }

    // Then the server alone says where revocation is.
    [Fact]
    public async Task Tokens_OfATokenEndpointWithoutItsIssuer_AreRevokedNowhere()
    {
        await EnterAsync(s_byHand with { Issuer = host.Notes.Origin });
        var alice = UpstreamHost.User();
        using var browser = host.Browser(alice);
        Assert.Equal(303, (await browser.GetAsync(host.Notes.LogIn(await UpstreamHost.LeaveAsync(browser)))).Status);
        await EnterAsync(s_byHand with { TokenEndpoint = host.Notes.Origin + "/token" });
        var token = (await host.GetAsync(alice)).Headers[0].Value["Bearer ".Length..];
        await browser.SubmitAsync(await browser.GetAsync(UpstreamHost.Portal + "/"), ("action", "sign-out"));
        Assert.Empty(await host.LoginsOfAsync(alice));
        Assert.DoesNotContain(token, host.Notes.Revoked);
    }

    private Task EnterAsync(McpOAuthClient client) => host.ResetAsync(server => server.ServerId == "notes" ? server with { OauthClient = client } : server);
}
