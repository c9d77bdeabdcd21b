using System.Net;
using System.Text.Json;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;

namespace ManagedOAuth.EndToEnd.Tests.MainJob;

/// <summary>What a client meets that has no credentials.</summary>
[Collection(TopologyCollection.Name)]
public sealed class ChallengeTests(LocalTopology topology) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    [Fact]
    public async Task Get_WithoutCredentials_Is401WithOneAbsoluteResourceMetadata()
    {
        using var answer = await _http.GetAsync(new Uri(topology.Orders, "/orders"));
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        var challenge = Assert.Single(answer.Headers.GetValues("WWW-Authenticate"));
        Assert.Equal($"Bearer resource_metadata=\"{topology.OrdersOrigin}/.well-known/oauth-protected-resource\"", challenge);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal(JsonValueKind.Object, body.RootElement.ValueKind);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("HEAD")]
    public async Task AnyMethod_WithoutCredentials_IsChallengedTheSameWay(string method)
    {
        using var answer = await _http.SendAsync(new HttpRequestMessage(new HttpMethod(method), topology.Orders));
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains("resource_metadata=", Assert.Single(answer.Headers.GetValues("WWW-Authenticate")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Navigation_WithoutCredentials_GoesToTheLogin()
    {
        using var answer = await Navigate(topology.Orders);
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        Assert.Equal(topology.Team.Authority, answer.Headers.Location!.Authority);
        Assert.False(answer.Headers.Contains("WWW-Authenticate"));
    }

    [Fact]
    public async Task ManagedOAuthOff_WithoutCredentials_RedirectsEverybodyAndChallengesNobody()
    {
        using var cli = await _http.GetAsync(new Uri(topology.Plain, "/orders"));
        Assert.Equal(HttpStatusCode.Found, cli.StatusCode);
        Assert.Equal(topology.Team.Authority, cli.Headers.Location!.Authority);
        Assert.False(cli.Headers.Contains("WWW-Authenticate"));
        using var wellKnown = await _http.GetAsync(new Uri(topology.Plain, "/.well-known/oauth-authorization-server"));
        Assert.NotEqual(HttpStatusCode.OK, wellKnown.StatusCode);
    }

    [Fact]
    public async Task ManagedOAuthOff_WithBrowserSession_TheOriginsOwnChallengePassesUntouched()
    {
        using var user = new ScriptedBrowser("own401@example.com", topology.Mailbox);
        using var page = await user.OpenAsync(new Uri(topology.Plain, "/own-401"));
        Assert.Equal(HttpStatusCode.Unauthorized, page.StatusCode);
        Assert.Equal("Basic realm=\"origin\"", Assert.Single(page.Headers.GetValues("WWW-Authenticate")));
    }

    [Fact]
    public async Task Metadata_OfTheApplication_NamesTheSameIssuerEverywhere()
    {
        var resource = JsonDocument.Parse(await _http.GetStringAsync(new Uri(topology.Orders, "/.well-known/oauth-protected-resource"))).RootElement;
        var server = JsonDocument.Parse(await _http.GetStringAsync(new Uri(topology.Orders, "/.well-known/oauth-authorization-server"))).RootElement;
        Assert.Equal(topology.OrdersOrigin, resource.GetProperty("resource").GetString());
        Assert.Equal(topology.OrdersOrigin, resource.GetProperty("authorization_servers")[0].GetString());
        Assert.Equal(topology.OrdersOrigin, server.GetProperty("issuer").GetString());
        Assert.Equal(["S256"], server.GetProperty("code_challenge_methods_supported").EnumerateArray().Select(method => method.GetString()));
    }

    public void Dispose() => _http.Dispose();

    private Task<HttpResponseMessage> Navigate(Uri page)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, page);
        request.Headers.Accept.ParseAdd("text/html");
        return _http.SendAsync(request);
    }
}
