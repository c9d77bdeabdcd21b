using System.Net;
using System.Net.Sockets;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using Microsoft.AspNetCore.WebUtilities;
using State = ManagedOAuth.Contracts.Upstream.UpstreamCredentialReply.Types.State;

namespace ManagedOAuth.AuthorizationServer.Tests.Upstream;

/// <summary>Servers and authorization servers that answer what they should not.</summary>
[Collection(UpstreamTests.Name)]
public sealed class HostileServerTests(UpstreamHost host) : IAsyncLifetime
{
    public Task InitializeAsync() => host.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("iss=https%3A%2F%2Fevil.test")]
    [InlineData("")]
    public async Task Answer_OfAnotherIssuer_OrOfNone_IsRefused(string iss)
    {
        var alice = UpstreamHost.User();
        using var browser = host.Browser(alice);
        var asked = host.Notes.TokenRequests;
        var back = host.Notes.LogIn(await UpstreamHost.LeaveAsync(browser));
        var answer = await browser.GetAsync(back[..back.IndexOf("iss=", StringComparison.Ordinal)] + iss);
        Assert.Equal(403, answer.Status);
        Assert.Contains("another authorization server", answer.Body);
        Assert.Equal(asked, host.Notes.TokenRequests);
        Assert.Equal(State.LoginRequired, (await host.GetAsync(alice)).State);
    }

    // M13
    [Fact]
    public async Task Error_OfTheServer_IsTold_AndNothingOfItIsShown()
    {
        using var browser = host.Browser(UpstreamHost.User());
        var back = host.Notes.LogIn(await UpstreamHost.LeaveAsync(browser));
        var state = QueryHelpers.ParseQuery(new Uri(back).Query)["state"];
        var answer = await browser.GetAsync($"{UpstreamHost.Portal}/servers-callback/notes?error=%3Cscript%3Ealert(1)%3C/script%3E&error_description=%3Cb%3E&state={state}&iss={WebUtility.UrlEncode(host.Notes.Origin)}");
        Assert.Equal(403, answer.Status);
        Assert.DoesNotContain("alert(1)", answer.Body);
    }

    [Fact]
    public async Task CodeOfAnotherServer_IsRefusedByThatServer_AndConnectsNothing()
    {
        var alice = UpstreamHost.User();
        using var browser = host.Browser(alice);
        var notes = host.Notes.LogIn(await UpstreamHost.LeaveAsync(browser));
        var files = host.Files.LogIn(await UpstreamHost.LeaveAsync(browser, "files"));
        var foreign = QueryHelpers.ParseQuery(new Uri(files).Query)["code"].ToString();
        var own = QueryHelpers.ParseQuery(new Uri(notes).Query)["code"].ToString();
        Assert.Equal(403, (await browser.GetAsync(notes.Replace(own, foreign, StringComparison.Ordinal))).Status);
        Assert.Equal(State.LoginRequired, (await host.GetAsync(alice)).State);
    }

    [Theory]
    [InlineData("""{"email":"\ud800","name":"Alice"}""")]
    [InlineData("""{"e\ud800mailmailmail":"x","name":"Alice"}""")]
    public async Task Claims_ThatAreNoTexts_NameNobody_AndSpoilNothing(string claims)
    {
        host.Notes.Claims = claims;
        var alice = UpstreamHost.User();
        using var browser = host.Browser(alice);
        await host.ConnectAsync(browser);
        Assert.Equal(State.Connected, (await host.GetAsync(alice)).State);
    }

    // M14
    [Theory]
    [InlineData("authorization_endpoint", "javascript:alert(1)")]
    [InlineData("authorization_endpoint", "file:///etc/passwd")]
    [InlineData("authorization_endpoint", "https://h/$(calc)")]
    [InlineData("authorization_endpoint", "-flag")]
    [InlineData("token_endpoint", "https://CANARY/token")]
    [InlineData("token_endpoint", "http://169.254.169.254/latest")]
    [InlineData("registration_endpoint", "https://CANARY/register")]
    [InlineData("registration_endpoint", "https://169.254.169.254/latest")]
    [InlineData("issuer", "https://other.test")]
    [InlineData("code_challenge_methods_supported", "S384")]
    public async Task HostileMetadata_IsRefused_AndNobodyInsideIsAsked(string member, string value)
    {
        // A network that this installation does not name: everything on it is the inside.
        using var canary = new TcpListener(IPAddress.Parse("127.0.0.2"), 0);
        canary.Start();
        host.Notes.Metadata = document => document[member] = value.Replace("CANARY", canary.LocalEndpoint.ToString(), StringComparison.Ordinal);
        var alice = UpstreamHost.User();
        using var browser = host.Browser(alice);
        await host.ResetRegistrationsAsync();
        var answer = await browser.SubmitAsync(await browser.GetAsync(UpstreamHost.Portal + "/authorize"), ("action", "connect"), ("server", "notes"));
        if (answer.Status == 200)
        {
            // The token endpoint is asked only when the user comes back.
            answer = await browser.GetAsync(host.Notes.LogIn(UpstreamHost.LinkOf(answer)));
        }

        Assert.Contains(answer.Status, new[] { 403, 503 });
        Assert.DoesNotContain(value, answer.Body);
        Assert.False(canary.Pending());
        Assert.Equal(State.LoginRequired, (await host.GetAsync(alice)).State);
    }

    // M15
    [Fact]
    public async Task ResourceMetadataElsewhere_IsNotFollowed()
    {
        using var canary = new TcpListener(IPAddress.Loopback, 0);
        canary.Start();
        host.Notes.Challenge = $"Bearer resource_metadata=\"http://{canary.LocalEndpoint}/metadata\"";
        using var browser = host.Browser(UpstreamHost.User());
        await host.ConnectAsync(browser);
        Assert.False(canary.Pending());
    }

    // M15
    [Fact]
    public async Task TokenEndpoint_ThatRedirects_IsNotFollowed()
    {
        using var canary = new TcpListener(IPAddress.Loopback, 0);
        canary.Start();
        var alice = UpstreamHost.User();
        using var browser = host.Browser(alice);
        host.Notes.Redirect = $"http://{canary.LocalEndpoint}/token";
        Assert.Equal(503, (await browser.GetAsync(host.Notes.LogIn(await UpstreamHost.LeaveAsync(browser)))).Status);
        Assert.False(canary.Pending());
        Assert.Equal(State.LoginRequired, (await host.GetAsync(alice)).State);
    }
}
