using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.ServiceDefaults.RateLimits;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.AuthorizationServer.Tests.Authorization;

[Collection(ServiceTests.Name)]
public sealed class AuthorizationEndpointTests(Service service) : IDisposable
{
    private const string Orders = "http://localhost:8700";
    private readonly Browser _browser = new(service);

    [Fact]
    public async Task UnknownClient_IsAPageForPeopleAndJsonForPrograms()
    {
        var url = Requests.Authorize("0123456789abcdef0123456789abcdef", "https://www.google.com/");
        var page = await _browser.GetAsync(url);
        Assert.Equal((400, ""), (page.Status, page.Location));
        Assert.StartsWith("text/html", page.Headers["Content-Type"]);
        Assert.DoesNotContain("google", page.Body);

        var json = await _browser.GetAsync(url, "application/json");
        Assert.Equal((400, ""), (json.Status, json.Location));
        Assert.Equal("invalid_client", json.Json.GetProperty("error").GetString());
    }

    [Theory]
    [InlineData("https://127.0.0.1:{0}/client.json")]
    [InlineData("http://127.0.0.1:{0}/client.json")]
    [InlineData("https://[::ffff:127.0.0.1]:{0}/client.json")]
    [InlineData("https://169.254.169.254/latest")]
    public async Task ClientIdThatIsAUrl_IsUnknown_AndNobodyIsAsked(string client)
    {
        using var canary = new TcpListener(IPAddress.Loopback, 0);
        canary.Start();
        var port = ((IPEndPoint)canary.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        var answer = await _browser.GetAsync(Requests.Authorize(Uri.EscapeDataString(client.Replace("{0}", port, StringComparison.Ordinal))), "application/json");
        Assert.Equal((400, "", "invalid_client"), (answer.Status, answer.Location, answer.Json.GetProperty("error").GetString()));
        Assert.False(canary.Pending());
    }

    [Fact]
    public async Task ClientOfAnotherApplication_IsUnknown()
    {
        var client = await _browser.RegisterAsync(Orders);
        var answer = await _browser.GetAsync(Requests.Authorize(client, origin: "https://wiki.test"), "application/json");
        Assert.Equal("invalid_client", answer.Json.GetProperty("error").GetString());
    }

    [Fact]
    public async Task EvilRedirectUri_StaysOnOurPage()
    {
        var client = await _browser.RegisterAsync(Orders);
        var answer = await _browser.GetAsync(Requests.Authorize(client, "https://evil.test/cb", more: "&prompt=none"));
        Assert.Equal((400, ""), (answer.Status, answer.Location));
    }

    [Fact]
    public async Task Source_BeyondItsLimit_Gets429WithTheTimeToWait_AndNobodyElseDoes()
    {
        // Takes the permits of hours ahead: the same counter, at a slower pace.
        var limiter = service.Services.GetRequiredService<RateLimiter>();
        for (var taken = 0; taken < 3; taken++)
        {
            await limiter.AcquireAsync(new RateLimit("transactions-source", 1, TimeSpan.FromHours(1), 10), RateLimitSubjects.Source(IPAddress.Parse("198.51.100.31")));
        }

        using var flooder = new Browser(service, "198.51.100.31");
        var client = await _browser.RegisterAsync(Orders);
        var refused = await flooder.GetAsync(Requests.Authorize(client));
        Assert.Equal((429, ""), (refused.Status, refused.Location));
        Assert.True(int.Parse(refused.Headers["Retry-After"], CultureInfo.InvariantCulture) >= 1);
        Assert.NotEqual(429, (await _browser.GetAsync(Requests.Authorize(client))).Status);
    }

    [Fact]
    public async Task ErrorAfterProof_GoesToTheClientWithStateAndIssuer()
    {
        var client = await _browser.RegisterAsync(Orders);
        const string state = "s p+&=%\"<é>\r\n☃";
        var answer = await _browser.GetAsync(Requests.Authorize(client, "http://localhost:61023/cb", state: state).Replace("response_type=code", "response_type=token", StringComparison.Ordinal));
        Assert.Equal(303, answer.Status);
        Assert.StartsWith("http://localhost:61023/cb?error=unsupported_response_type&", answer.Location);
        Assert.Equal(state, answer.Parameter("state"));
        Assert.Equal(Orders, answer.Parameter("iss"));
        Assert.NotEmpty(answer.Parameter("error_description")!);
        Assert.False(answer.Headers.ContainsKey("Access-Control-Allow-Origin"));
        Assert.Equal("no-store", answer.Headers["Cache-Control"]);
        Assert.Equal("no-referrer", answer.Headers["Referrer-Policy"]);
    }

    [Fact]
    public async Task GoodRequest_ByGetAndByPost_GoesToLoginAtTheTeamDomain()
    {
        var client = await _browser.RegisterAsync(Orders);
        var url = Requests.Authorize(client);
        var got = await _browser.GetAsync(url);
        Assert.Equal(303, got.Status);
        Assert.Matches("^http://localhost:8702/cdn-cgi/access/login/[A-Za-z0-9_-]{22}$", got.Location);

        var parts = url.Split('?');
        var posted = await _browser.SendAsync(HttpMethod.Post, parts[0], new StringContent(parts[1], null, "application/x-www-form-urlencoded"));
        Assert.Equal(303, posted.Status);
        Assert.StartsWith(Service.Team + "/cdn-cgi/access/login/", posted.Location);
        Assert.NotEqual(got.Location, posted.Location);
    }

    [Theory]
    [InlineData("?client_id=%zz")]
    [InlineData("?client_id=%ff%fe")]
    [InlineData("?")]
    [InlineData("")]
    public async Task MalformedRequest_Is400(string query)
        => Assert.Equal(400, (await _browser.GetAsync(Orders + "/cdn-cgi/access/oauth/authorization" + query)).Status);

    [Fact]
    public async Task OversizedRequests_AreRefused()
    {
        var client = await _browser.RegisterAsync(Orders);
        var many = string.Concat(Enumerable.Range(0, 500).Select(i => $"&p{i}=1"));
        Assert.Equal(400, (await _browser.GetAsync(Requests.Authorize(client, more: many))).Status);
        Assert.Equal(414, (await _browser.GetAsync(Requests.Authorize(client, more: "&x=" + new string('x', 20_000)))).Status);
        var longState = await _browser.GetAsync(Requests.Authorize(client, state: new string('x', 3000)));
        Assert.Equal("invalid_request", longState.Parameter("error"));
    }

    [Theory]
    [InlineData("http://localhost:8704")]
    [InlineData("http://localhost:8702")]
    public async Task NoManagedApplication_Is404(string origin)
        => Assert.Equal(404, (await _browser.GetAsync(origin + "/cdn-cgi/access/oauth/authorization?client_id=x")).Status);

    [Fact]
    public async Task RulesTightenedAfterRegistration_RefuseTheRedirectUri()
    {
        var client = await _browser.RegisterAsync(Orders, "https://good.test/cb");
        var oauth = Service.Orders.OauthConfiguration!;
        await service.ConfigureAsync(feed => feed.Put(Service.Orders with
        {
            OauthConfiguration = oauth with { DynamicClientRegistration = oauth.DynamicClientRegistration with { AllowedUris = [] } },
        }));
        try
        {
            var answer = await _browser.GetAsync(Requests.Authorize(client, "https://good.test/cb"));
            Assert.Equal((400, ""), (answer.Status, answer.Location));
        }
        finally
        {
            await service.ResetAsync();
        }
    }

    public void Dispose() => _browser.Dispose();
}
