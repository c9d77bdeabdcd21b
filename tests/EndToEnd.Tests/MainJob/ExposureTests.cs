using System.Globalization;
using System.Net;
using System.Text.Json;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;

namespace ManagedOAuth.EndToEnd.Tests.MainJob;

/// <summary>What a stranger finds at the doors of an installation, and what its administrator finds of the stranger.</summary>
[Collection(TopologyCollection.Name)]
public sealed class ExposureTests(LocalTopology topology)
{
    private const string Loopback4 = "0100007F";
    private const string Loopback6 = "00000000000000000000000001000000";
    private const string Mapped = "0000000000000000FFFF00000100007F";

    [Fact]
    public async Task EveryProcess_ListensOnLoopbackAlone()
    {
        var pids = (await topology.ResourcesAsync()).Where(resource => resource.Pid > 0).Select(resource => resource.Pid).ToList();
        Assert.NotEmpty(pids);
        var sockets = pids.SelectMany(SocketsOf).ToHashSet();
        var listening = ((string[])["/proc/net/tcp", "/proc/net/tcp6"]).SelectMany(file => File.ReadLines(file).Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[3] == "0A" && sockets.Contains(fields[9])).Select(fields => fields[1].Split(':')[0]).ToList();
        Assert.NotEmpty(listening);
        Assert.All(listening, address => Assert.Contains(address, new[] { Loopback4, Loopback6, Mapped }));
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/health")]
    [InlineData("/alive")]
    [InlineData("/swagger")]
    [InlineData("/swagger/index.html")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/_framework/blazor.web.js")]
    [InlineData("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")]
    [InlineData("/grpc.health.v1.Health/Check")]
    [InlineData("/managedoauth.config.v1.ConfigFeed/Watch")]
    [InlineData("/v1/traces")]
    public async Task InnerPath_AtAPublicAddress_IsNotServed(string path)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        foreach (var address in (Uri[])[topology.Orders, topology.Mcp, topology.Team, topology.Dashboard, topology.Plain])
        {
            using var answer = await http.GetAsync(new Uri(address, path));
            Assert.True((int)answer.StatusCode is 302 or 401 or 403 or 404, $"{address}{path}: {answer.StatusCode}");
            Assert.DoesNotContain("Healthy", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            using var post = await http.PostAsync(new Uri(address, path), new ByteArrayContent([0, 0, 0, 0, 0]) { Headers = { { "Content-Type", "application/grpc" } } });
            Assert.True((int)post.StatusCode is >= 300 and < 500, $"POST {address}{path}: {post.StatusCode}");
            Assert.False(post.Headers.Contains("grpc-status"), $"{address}{path} speaks gRPC");
        }
    }

    [Fact]
    public async Task RefusedRequest_IsFoundByTheIdThatTheClientSaw()
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(topology.Orders, "/orders"));
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer mo_at_nonsense");
        using var answer = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        var id = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("flow_id").GetString()!;
        await Eventually.Async(async () => (await topology.Admin.GetAsync($"logs/refusals?ray_id={id}")).AsArray().Count == 1);
        var found = (await topology.Admin.GetAsync($"logs/refusals?ray_id={id}"))[0]!;
        Assert.Equal(("invalid", "Orders API", "access_token", "GET"), ((string)found["reason"]!, (string)found["app_name"]!, (string)found["credential"]!, (string)found["method"]!));
        Assert.True(IPAddress.IsLoopback(IPAddress.Parse((string)found["ip_address"]!)));
    }

    private static IEnumerable<string> SocketsOf(int pid)
    {
        foreach (var descriptor in Directory.EnumerateFileSystemEntries(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fd")))
        {
            // One that was closed meanwhile has no target.
            if (new FileInfo(descriptor).LinkTarget is { } target && target.StartsWith("socket:[", StringComparison.Ordinal))
            {
                yield return target["socket:[".Length..^1];
            }
        }
    }
}
