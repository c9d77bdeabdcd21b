using System.Collections.Concurrent;
using System.Net;
using System.Text;
using ManagedOAuth.Testing;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.AppHost.Tests;

public sealed class McpServerTests(SamplesFixture samples) : IClassFixture<SamplesFixture>
{
    private const string Assertion = "Cf-Access-Jwt-Assertion";

    [Theory]
    [InlineData(null)] // the newest revision: each request stands alone
    [InlineData("2025-06-18")] // a session
    public async Task Client_OfEitherRevision_ListsAndCallsTools(string? revision)
    {
        await using var client = await ConnectAsync(samples.Assertion("user@example.com"), revision);

        Assert.Equal(["echo", "slow", "whoami"], (await client.ListToolsAsync()).Select(tool => tool.Name).Order());
        Assert.Equal("hej", await CallAsync(client, "echo", new() { ["text"] = "hej" }));
        Assert.Equal("user@example.com", await CallAsync(client, "whoami", []));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("2025-06-18")]
    public async Task Slow_ReportsItsProgress(string? revision)
    {
        await using var client = await ConnectAsync(null, revision);
        var steps = new ConcurrentQueue<double>();

        // The client drops what it has not handed on when the result is there.
        await Eventually.Async(async () =>
        {
            await client.CallToolAsync("slow", new Dictionary<string, object?> { ["steps"] = 3, ["stepMilliseconds"] = 50 }, progress: new Report(steps));
            return steps.Contains(1d);
        });
    }

    [Fact]
    public async Task WhoAmI_WithoutAProvenAssertion_IsNobody()
    {
        await using var client = await ConnectAsync(samples.Assertion("user@example.com", audience: "another"), null);
        Assert.Equal("nobody", await CallAsync(client, "whoami", []));
    }

    [Fact]
    public async Task Session_OfAnotherUser_IsNotFound()
    {
        using var http = new HttpClient();
        using var opened = await PostAsync(http, """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}""", "owner@example.com", null);
        var session = Assert.Single(opened.Headers.GetValues("Mcp-Session-Id"));
        const string List = """{"jsonrpc":"2.0","id":2,"method":"tools/list"}""";

        using var mine = await PostAsync(http, List, "owner@example.com", session);
        using var theirs = await PostAsync(http, List, "thief@example.com", session);
        using var nobodys = await PostAsync(http, List, null, session);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound, HttpStatusCode.NotFound), (mine.StatusCode, theirs.StatusCode, nobodys.StatusCode));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    public async Task Body_ThatIsNoMessage_IsABadRequest(string body)
    {
        using var http = new HttpClient();
        using var answer = await PostAsync(http, body, null, null);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    private async Task<HttpResponseMessage> PostAsync(HttpClient http, string body, string? email, string? session)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, samples.Mcp) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        if (email is not null)
        {
            request.Headers.Add(Assertion, samples.Assertion(email));
        }
        if (session is not null)
        {
            request.Headers.Add("Mcp-Session-Id", session);
        }
        return await http.SendAsync(request);
    }

    private async Task<McpClient> ConnectAsync(string? assertion, string? revision) => await McpClient.CreateAsync(
        new HttpClientTransport(new HttpClientTransportOptions
        {
            Endpoint = samples.Mcp,
            TransportMode = HttpTransportMode.StreamableHttp,
            AdditionalHeaders = assertion is null ? [] : new Dictionary<string, string> { [Assertion] = assertion },
        }),
        new McpClientOptions { ProtocolVersion = revision, InitializationTimeout = TimeSpan.FromMinutes(3) });

    private static async Task<string> CallAsync(McpClient client, string tool, Dictionary<string, object?> arguments) =>
        ((TextContentBlock)(await client.CallToolAsync(tool, arguments)).Content[0]).Text;

    private sealed class Report(ConcurrentQueue<double> steps) : IProgress<ProgressNotificationValue>
    {
        void IProgress<ProgressNotificationValue>.Report(ProgressNotificationValue value) => steps.Enqueue(value.Progress);
    }
}
