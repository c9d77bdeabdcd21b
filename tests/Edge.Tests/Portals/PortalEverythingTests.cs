using System.Text.Json;
using System.Text.RegularExpressions;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>
/// npm's <c>server-everything</c>, over both transports: what it does directly and through the portal is the same. What a typed client drops of messages
/// is compared in <see cref="PortalComparisonTests"/>.
/// </summary>
[Collection(WorldCollection.Name)]
public sealed partial class PortalEverythingTests(World world, PortalEverythingTests.Servers servers) : IClassFixture<PortalEverythingTests.Servers>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task ToolsPromptsResourcesAndCompletion(bool isSse) => CompareAsync(isSse, async (client, prefix, record) =>
    {
        var said = new List<string>();
        foreach (var tool in (await client.ListToolsAsync()).Select(tool => tool.ProtocolTool).Where(tool => tool.Name.StartsWith(prefix, StringComparison.Ordinal) && !tool.Name.StartsWith("portal_", StringComparison.Ordinal)))
        {
            tool.Name = tool.Name[prefix.Length..];
            said.Add(JsonSerializer.Serialize(tool, McpJsonUtilities.DefaultOptions));
        }

        Assert.True(said.Count >= 15, string.Join('\n', said));
        said.AddRange((await client.ListPromptsAsync()).Select(prompt => prompt.Name[prefix.Length..]));
        foreach (var (method, parameters) in Requests(prefix))
        {
            said.Add($"{method}: {await RecordingClient.SendAsync(client, method, parameters)}");
        }

        foreach (var resource in await client.ListResourcesAsync())
        {
            said.Add(await RecordingClient.SendAsync(client, RequestMethods.ResourcesRead, JsonSerializer.Serialize(new { uri = resource.Uri })));
        }

        foreach (var (tool, arguments) in Calls())
        {
            said.Add($"{tool}: {await RecordingClient.CallAsync(client, prefix + tool, arguments)}");
        }

        // The last tool has made a resource of this session.
        said.Add(await RecordingClient.SendAsync(client, RequestMethods.ResourcesRead, """{"uri":"demo://resource/session/hi.gz"}"""));
        Assert.Contains("contents", said[^1], StringComparison.Ordinal);
        return said;
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task QuestionsOfTheServer(bool isSse) => CompareAsync(isSse, async (client, prefix, record) =>
    {
        // Roots first: the server asks for them of its own accord, on the stream that belongs to no request.
        var said = new List<string> { await RecordingClient.CallAsync(client, prefix + "get-roots-list") };
        Assert.Contains("file:///home/ann", said[0], StringComparison.Ordinal);
        said.Add(await RecordingClient.CallAsync(client, prefix + "trigger-sampling-request", """{"prompt":"hä","maxTokens":7}"""));
        foreach (var action in new[] { "accept", "decline", "cancel" })
        {
            record.Action = action;
            said.Add(await RecordingClient.CallAsync(client, prefix + "trigger-elicitation-request"));
        }

        // It asks for roots once or twice, as its timer has it.
        said.AddRange(record.Asked.Where(asked => asked.Method != RecordingClient.RootsList).Select(asked => $"{asked.Method} {asked.Params}"));
        Assert.Contains(said, line => line.StartsWith(RecordingClient.Sampling, StringComparison.Ordinal));
        return said;
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Progress(bool isSse) => CompareAsync(isSse, async (client, prefix, record) =>
    {
        var said = new List<string> { await RecordingClient.CallAsync(client, prefix + "trigger-long-running-operation", """{"duration":0.4,"steps":4}""", """{"progressToken":"p-1"}""") };
        await Eventually.Async(() => record.Of(NotificationMethods.ProgressNotification).Count == 4);
        said.AddRange(record.Of(NotificationMethods.ProgressNotification));
        return said;
    });

    // The server's logs of subscriptions and its updates come on the stream that belongs to no request.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task LogLevelsAndSubscriptions(bool isSse) => CompareAsync(isSse, async (client, prefix, record) =>
    {
        const string resource = """{"uri":"demo://resource/dynamic/text/1"}""";
        var said = new List<string>();
        await SendAsync(RequestMethods.ResourcesRead, resource);
        await SendAsync(RecordingClient.SetLevel, """{"level":"debug"}""");
        await SendAsync(RequestMethods.ResourcesSubscribe, resource);
        await Eventually.Async(() => record.Of(RecordingClient.LogMessage).Any(log => log.Contains("Received Subscribe", StringComparison.Ordinal)));
        await SendAsync(RecordingClient.SetLevel, """{"level":"error"}""");
        await SendAsync(RequestMethods.ResourcesUnsubscribe, resource);
        await SendAsync(RequestMethods.ResourcesSubscribe, resource);
        said.Add(await RecordingClient.CallAsync(client, prefix + "toggle-subscriber-updates"));
        await Eventually.Async(() => record.Of(NotificationMethods.ResourceUpdatedNotification).Count > 0);
        said.Add(await RecordingClient.CallAsync(client, prefix + "toggle-subscriber-updates"));
        said.Add(record.Of(NotificationMethods.ResourceUpdatedNotification)[0]);

        // Roots are logged too, at a moment of the server's own.
        said.AddRange(record.Of(RecordingClient.LogMessage).Where(log => log.Contains("Resource", StringComparison.Ordinal)));
        return said;

        async Task SendAsync(string method, string parameters) => said.Add($"{method}: {await RecordingClient.SendAsync(client, method, parameters)}");
    });

    // The server asks for roots where nobody listens: it gets an answer, and does not wait for its own deadline of a minute.
    [Fact]
    public async Task QuestionToAClientThatDoesNotListen_IsAnswered()
    {
        var server = servers.Streamable;
        await using var portal = await PortalHarness.CreateAsync(world, $"everything-{Guid.NewGuid():N}.test");
        await using (var direct = await server.ConnectAsync(new RecordingClient().Handlers))
        {
            await server.AddToAsync(portal, "every", direct);
        }

        var token = portal.Token();
        var session = await portal.InitializeAsync(token, capabilities: """{"roots":{} }""");
        var answer = await portal.RpcAsync(token, session, "tools/call", """{"name":"every_get-roots-list"}""").WaitAsync(TimeSpan.FromSeconds(40));
        Assert.DoesNotContain("file:", answer.Text, StringComparison.Ordinal);
    }

    private async Task CompareAsync(bool isSse, Func<McpClient, string, RecordingClient, Task<List<string>>> scenario)
    {
        var server = isSse ? servers.Sse : servers.Streamable;
        await using var portal = await PortalHarness.CreateAsync(world, $"everything-{Guid.NewGuid():N}.test");
        var (alone, behind) = (new RecordingClient(), new RecordingClient());
        await using var direct = await server.ConnectAsync(alone.Handlers);
        await server.AddToAsync(portal, "every", direct);
        await using var through = await portal.ConnectAsync("2025-11-25", handlers: behind.Handlers);
        Assert.Equal(Plain(await scenario(direct, "", alone)), Plain(await scenario(through, "every_", behind)));
    }

    // Ids of sessions and the time of day are the only things that may differ.
    private static IEnumerable<string> Plain(IEnumerable<string> said) => said.Select(line => TimeOfDay().Replace(SessionId().Replace(line, "SESSION"), "NOW"));

    private static IEnumerable<(string Tool, string Arguments)> Calls() =>
    [
        ("echo", """{"message":"hä \"x\""}"""),
        ("echo", "{}"),
        ("get-sum", """{"a":2,"b":3.5}"""),
        ("get-sum", """{"a":"x"}"""),
        ("get-tiny-image", "{}"),
        ("get-env", "{}"),
        ("get-annotated-message", """{"messageType":"error","includeImage":true}"""),
        ("get-structured-content", """{"location":"Chicago"}"""),
        ("get-resource-links", """{"count":3}"""),
        ("get-resource-reference", """{"resourceType":"Text","resourceId":2}"""),
        ("gzip-file-as-resource", """{"name":"hi.gz","data":"data:text/plain;base64,aGk=","outputType":"resource"}"""),
    ];

    private static IEnumerable<(string Method, string Parameters)> Requests(string prefix) =>
    [
        (RequestMethods.PromptsGet, $$"""{"name":"{{prefix}}simple-prompt"}"""),
        (RequestMethods.PromptsGet, $$"""{"name":"{{prefix}}args-prompt","arguments":{"city":"Oslo"} }"""),
        (RequestMethods.PromptsGet, $$"""{"name":"{{prefix}}no-such"}"""),
        (RequestMethods.CompletionComplete, $$"""{"ref":{"type":"ref/prompt","name":"{{prefix}}completable-prompt"},"argument":{"name":"department","value":"E"} }"""),
        (RequestMethods.CompletionComplete, $$"""{"ref":{"type":"ref/prompt","name":"{{prefix}}completable-prompt"},"argument":{"name":"name","value":""},"context":{"arguments":{"department":"Sales"} } }"""),
        (RequestMethods.CompletionComplete, """{"ref":{"type":"ref/resource","uri":"demo://resource/dynamic/text/{resourceId}"},"argument":{"name":"resourceId","value":"1"} }"""),
        (RequestMethods.ResourcesList, "{}"),
        (RequestMethods.ResourcesTemplatesList, "{}"),
        (RequestMethods.ResourcesRead, """{"uri":"demo://resource/dynamic/text/3"}"""),
        (RequestMethods.ResourcesRead, """{"uri":"demo://no-such"}"""),
        (RequestMethods.Ping, "{}"),
    ];

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f-]{27}")]
    private static partial Regex SessionId();

    [GeneratedRegex(@"\d{1,2}:\d\d:\d\d(.[AP]M)?")]
    private static partial Regex TimeOfDay();

    /// <summary>The server, once with each transport.</summary>
    public sealed class Servers : IAsyncLifetime
    {
        public EverythingServer Streamable { get; private set; } = null!;

        public EverythingServer Sse { get; private set; } = null!;

        public async Task InitializeAsync() => (Streamable, Sse) = (await EverythingServer.StartAsync(), await EverythingServer.StartAsync(isSse: true));

        public async Task DisposeAsync()
        {
            await Streamable.DisposeAsync();
            await Sse.DisposeAsync();
        }
    }
}
