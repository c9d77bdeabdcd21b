using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.Testing;

namespace ManagedOAuth.AuthorizationServer.Tests;

/// <summary>What people and clients are told while something is away: never a bare error, never "no".</summary>
public sealed class OutageTests
{
    private const string Orders = "http://localhost:8700";

    [Fact]
    public async Task RedisAway_TellsClientsToComeAgain()
    {
        var redis = await RedisServer.StartPrivateAsync();
        var service = new Service(new() { ["ConnectionStrings:redis"] = redis.ConnectionString, ["Redis:OperationDeadline"] = "00:00:04" });
        await service.InitializeAsync();
        try
        {
            using var browser = new Browser(service);
            var client = await browser.RegisterAsync();
            var page = await browser.FollowAsync(await browser.GetAsync(Requests.Authorize(client)));
            await redis.DisposeAsync();

            var refused = await browser.GetAsync(Requests.Authorize(client));
            Assert.Equal(303, refused.Status);
            Assert.Equal(("temporarily_unavailable", "st", Orders), (refused.Parameter("error"), refused.Parameter("state"), refused.Parameter("iss")));

            var broken = await browser.GetAsync(page.Url);
            Assert.Equal(503, broken.Status);
            Assert.Contains("reload this page", broken.Body);

            // What needs no Redis goes on.
            Assert.Equal(200, (await browser.GetAsync(Orders + "/.well-known/oauth-authorization-server")).Status);
            await browser.RegisterAsync();
        }
        finally
        {
            await service.DisposeAsync();
        }
    }

    [Fact]
    public async Task ConfigAway_IsNotReadyAndNeverSays404()
    {
        var service = new Service(new() { ["services:config:grpc:0"] = "http://127.0.0.1:1" }) { WaitsUntilReady = false };
        await service.InitializeAsync();
        try
        {
            using var browser = new Browser(service);
            using var http = new HttpClient();
            Assert.Equal(503, (int)(await http.GetAsync(new Uri(service.HttpAddress + "/health"))).StatusCode);
            Assert.Equal(200, (int)(await http.GetAsync(new Uri(service.HttpAddress + "/alive"))).StatusCode);
            foreach (var path in new[] { "/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource", "/cdn-cgi/access/oauth/authorization" })
            {
                Assert.Equal(503, (await browser.GetAsync(Orders + path)).Status);
            }

            Assert.Equal(503, (await browser.RegisterRawAsync(Orders, """{"redirect_uris":["http://localhost/cb"]}""")).Status);
            Assert.Equal(503, (await browser.GetAsync(Service.Team + "/cdn-cgi/access/logout")).Status);
        }
        finally
        {
            await service.DisposeAsync();
        }
    }

    [Fact]
    public async Task PostgresAway_IsA503PageAndMetadataGoesOn()
    {
        var postgres = await PostgresServer.StartPrivateAsync();
        var service = new Service(new() { ["ConnectionStrings:managedoauth"] = postgres.ConnectionString });
        await service.InitializeAsync();
        try
        {
            using var browser = new Browser(service);
            var client = await browser.RegisterAsync();
            await postgres.DisposeAsync();

            var page = await browser.GetAsync(Requests.Authorize(client));
            Assert.Equal(503, page.Status);
            Assert.StartsWith("text/html", page.Headers["Content-Type"]);
            Assert.Equal(503, (await browser.RegisterRawAsync(Orders, """{"redirect_uris":["http://localhost/cb"]}""")).Status);
            Assert.Equal(200, (await browser.GetAsync(Orders + "/.well-known/oauth-authorization-server")).Status);
        }
        finally
        {
            await service.DisposeAsync();
        }
    }
}
