using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>
/// One script, run directly at npm's <c>server-everything</c> and through the portal: every message that the client gets is the same, but for the names at the
/// portal, ids, times, and the flow id in errors. That lists changed is not compared: the portal tells it of its own lists.
/// </summary>
[Collection(WorldCollection.Name)]
public sealed partial class PortalComparisonTests(World world, PortalEverythingTests.Servers servers) : IClassFixture<PortalEverythingTests.Servers>
{
    private const string Prefix = "every_";
    private const string Capabilities = """
        {"roots":{"listChanged":true},"sampling":{},"elicitation":{"form":{},"url":{}},
         "tasks":{"list":{},"cancel":{},"requests":{"sampling":{"createMessage":{}},"elicitation":{"create":{}}}}}
        """;

    // Method, parameters (~ stands for what precedes names at the portal), and what has to be heard before the next step.
    private static readonly (string Method, string Parameters, string? Hears)[] s_script =
    [
        // The first one also begins the session of the portal with the server, which asks for roots then: not before they are there does the rest begin.
        ("tools/call", """{"name":"~get-roots-list"}""", "Roots updated"),
        ("prompts/list", "{}", null),
        ("resources/list", "{}", null),
        ("resources/templates/list", "{}", null),
        ("prompts/get", """{"name":"~simple-prompt"}""", null),
        ("prompts/get", """{"name":"~args-prompt","arguments":{"city":"Oslo","state":"ä"} }""", null),
        ("prompts/get", """{"name":"~args-prompt"}""", null),
        ("prompts/get", """{"name":"~completable-prompt","arguments":{"department":"Sales","name":"David"} }""", null),
        ("prompts/get", """{"name":"~resource-prompt","arguments":{"resourceType":"Text","resourceId":"1"} }""", null),
        ("prompts/get", """{"name":"~resource-prompt","arguments":{"resourceType":"Blob","resourceId":"2"} }""", null),
        ("prompts/get", """{"name":"~resource-prompt","arguments":{"resourceType":"Text","resourceId":"x"} }""", null),
        ("completion/complete", """{"ref":{"type":"ref/prompt","name":"~completable-prompt"},"argument":{"name":"department","value":"E"} }""", null),
        ("completion/complete", """{"ref":{"type":"ref/prompt","name":"~completable-prompt"},"argument":{"name":"name","value":""},"context":{"arguments":{"department":"Sales"} } }""", null),
        ("completion/complete", """{"ref":{"type":"ref/prompt","name":"~resource-prompt"},"argument":{"name":"resourceType","value":"B"} }""", null),
        ("completion/complete", """{"ref":{"type":"ref/resource","uri":"demo://resource/dynamic/text/{resourceId}"},"argument":{"name":"resourceId","value":"1"} }""", null),
        ("resources/read", """{"uri":"demo://resource/dynamic/text/3"}""", null),
        ("resources/read", """{"uri":"demo://resource/dynamic/blob/3"}""", null),
        ("resources/read", """{"uri":"demo://resource/static/document/features.md"}""", null),
        ("resources/read", """{"uri":"demo://resource/dynamic/text/x"}""", null),
        ("resources/read", """{"uri":"demo://no-such"}""", null),
        ("tools/call", """{"name":"~echo","arguments":{"message":"hä \"x\" 🜁"} }""", null),
        ("tools/call", """{"name":"~echo","arguments":{} }""", null),
        ("tools/call", """{"name":"~get-sum","arguments":{"a":2,"b":3.5} }""", null),
        ("tools/call", """{"name":"~get-tiny-image"}""", null),
        ("tools/call", """{"name":"~get-annotated-message","arguments":{"messageType":"error","includeImage":true} }""", null),
        ("tools/call", """{"name":"~get-annotated-message","arguments":{"messageType":"debug"} }""", null),
        ("tools/call", """{"name":"~get-structured-content","arguments":{"location":"Chicago"} }""", null),
        ("tools/call", """{"name":"~get-resource-links","arguments":{"count":3} }""", null),
        ("tools/call", """{"name":"~get-resource-reference","arguments":{"resourceType":"Text","resourceId":2} }""", null),
        ("tools/call", """{"name":"~get-resource-reference","arguments":{"resourceType":"Blob","resourceId":2} }""", null),
        ("tools/call", """{"name":"~gzip-file-as-resource","arguments":{"name":"hi.gz","data":"data:text/plain;base64,aGk=","outputType":"resourceLink"} }""", null),
        ("resources/read", """{"uri":"demo://resource/session/hi.gz"}""", null),
        ("tools/call", """{"name":"~trigger-sampling-request","arguments":{"prompt":"hä","maxTokens":7} }""", "sampling/createMessage"),
        ("tools/call", """{"name":"~trigger-elicitation-request"}""", "elicitation/create"),
        ("tools/call", """{"name":"~trigger-url-elicitation","arguments":{"url":"https://open.test/now","elicitationId":"e-1"} }""", "https://open.test/now"),
        ("tools/call", """{"name":"~trigger-url-elicitation","arguments":{"url":"https://open.test/later","elicitationId":"e-2","errorPath":true} }""", null),
        ("tools/call", """{"name":"~trigger-url-elicitation","arguments":{"url":"https://open.test/later","elicitationId":"e-2","errorPath":true} }""", "https://open.test/later"),
        ("tools/call", """{"name":"~trigger-long-running-operation","arguments":{"duration":0.4,"steps":4},"_meta":{"progressToken":"p-1","test/own":1} }""", "\"progress\":4"),
        ("tools/call", """{"name":"~toggle-simulated-logging"}""", "evel"),
        ("tools/call", """{"name":"~toggle-simulated-logging"}""", null),
        ("resources/subscribe", """{"uri":"demo://resource/dynamic/text/1"}""", "Received Subscribe"),
        ("tools/call", """{"name":"~toggle-subscriber-updates"}""", "notifications/resources/updated"),
        ("tools/call", """{"name":"~toggle-subscriber-updates"}""", null),
        ("resources/unsubscribe", """{"uri":"demo://resource/dynamic/text/1"}""", "Received Unsubscribe"),
        ("logging/setLevel", """{"level":"emergency"}""", null),
        ("resources/subscribe", """{"uri":"demo://resource/dynamic/text/1"}""", null),
        ("ping", "{}", null),
    ];

    private static readonly (string Method, string Parameters, string? Hears)[] s_tasks =
    [
        ("tools/call", """{"name":"~simulate-research-query","arguments":{"topic":"python"} }""", null),
        ("tools/call", """{"name":"~simulate-research-query","arguments":{"topic":"python","ambiguous":true},"task":{"ttl":60000} }""", "working"),
        ("tasks/get", """{"taskId":"TASK"}""", null),
        ("tasks/list", "{}", null),
        ("tasks/result", """{"taskId":"TASK"}""", "\"completed\""),
        ("tasks/get", """{"taskId":"TASK"}""", null),
        ("tools/call", """{"name":"~simulate-research-query","arguments":{"topic":"c"},"task":{} }""", "working"),
        ("tasks/cancel", """{"taskId":"TASK"}""", null),
        ("tasks/get", """{"taskId":"TASK"}""", null),

        // Tasks of the client.
        ("tools/call", """{"name":"~trigger-sampling-request-async","arguments":{"prompt":"x"} }""", "tasks/result"),
        ("tools/call", """{"name":"~trigger-elicitation-request-async"}""", "tasks/result"),
    ];

    [Theory]
    [InlineData("2025-11-25")]
    [InlineData("2025-06-18")]
    public Task EveryMessage_IsTheSame(string revision) => BeforeATimerOfTheServerAsync(async () =>
    {
        await using var both = await Both.BeginAsync(world, servers.Streamable, revision);
        Assert.Equal(Plain(both.Direct.GetProperty("capabilities"), ""), Plain(both.Behind.GetProperty("capabilities"), ""));
        Assert.Contains(both.Direct.GetProperty("instructions").GetString()!, both.Behind.GetProperty("instructions").GetString()!, StringComparison.Ordinal);
        Assert.Equal(revision, both.Behind.GetProperty("protocolVersion").GetString());

        // Their order too, behind the portal's own.
        Assert.Equal(await ToolsAsync(both.DirectClient, ""), await ToolsAsync(both.BehindClient, Prefix));
        await both.CompareAsync(s_script);
    });

    [Fact]
    public Task EveryMessageOfTasks_IsTheSame() => BeforeATimerOfTheServerAsync(async () =>
    {
        await using var both = await Both.BeginAsync(world, servers.Streamable, "2025-11-25");
        await both.CompareAsync(s_tasks);

        // A task that nobody began here is not asked for: the portal says so in its own words.
        foreach (var (client, prefix) in both.Clients)
        {
            Assert.Equal(-32602, (await client.AskAsync("tasks/get", $$"""{"taskId":"{{prefix}}none"}""")).GetProperty("error").GetProperty("code").GetInt32());
        }
    });

    [Fact]
    public async Task CancelledCall_HasNoResult_AndItsSessionGoesOn()
    {
        await using var both = await Both.BeginAsync(world, servers.Streamable, "2025-11-25");
        foreach (var (client, prefix) in both.Clients)
        {
            var (id, response) = client.Begin("tools/call", $$"""{"name":"{{prefix}}trigger-long-running-operation","arguments":{"duration":60,"steps":600},"_meta":{"progressToken":"p"} }""");
            await Eventually.Async(() => Progress() > 0);
            await client.TellAsync("notifications/cancelled", $$"""{"requestId":{{id}},"reason":"enough"}""");

            Assert.Contains("on", (await client.AskAsync("tools/call", $$"""{"name":"{{prefix}}echo","arguments":{"message":"on"} }""")).GetRawText(), StringComparison.Ordinal);
            Assert.False(response.IsCompletedSuccessfully && (await response).TryGetProperty("result", out _));
            _ = response.ContinueWith(static failed => _ = failed.Exception, TaskScheduler.Default);

            int Progress() => client.Heard.Count(message => message.GetProperty("method").GetString() == "notifications/progress");
        }
    }

    // A user who may not see the server, and a server that is gone, leave nothing of its tasks either.
    [Fact]
    public async Task TaskOfAServerThatIsNotThere_IsNone()
    {
        await using var both = await Both.BeginAsync(world, servers.Streamable, "2025-11-25");
        var begun = await both.BehindClient.AskAsync("tools/call", """{"name":"every_simulate-research-query","arguments":{"topic":"x"},"task":{} }""");
        var task = begun.GetProperty("result").GetProperty("task").GetProperty("taskId").GetString()!;
        Assert.StartsWith(Prefix, task, StringComparison.Ordinal);
        Assert.Equal(task, (await both.BehindClient.AskAsync("tasks/list")).GetProperty("result").GetProperty("tasks")[0].GetProperty("taskId").GetString());

        // Another session of the same user has tasks of its own, and so has another user.
        foreach (var email in new[] { "alice@example.com", "bob@example.com" })
        {
            await using var other = new WireClient(both.Portal.Http(both.Portal.Token(email)), both.Endpoint, Answer);
            await other.InitializeAsync("2025-11-25", "{}");
            Assert.True((await other.AskAsync("tasks/result", $$"""{"taskId":"{{task}}"}""")).TryGetProperty("error", out _));
            Assert.Empty((await other.AskAsync("tasks/list")).GetProperty("result").GetProperty("tasks").EnumerateArray());
        }

        await both.Portal.ChangeAsync(portal => portal with { Servers = [] });
        foreach (var (method, parameters) in new[] { ("tasks/get", $$"""{"taskId":"{{task}}"}"""), ("tasks/cancel", $$"""{"taskId":"{{task}}"}"""), ("tasks/result", "{}") })
        {
            Assert.Equal(-32602, (await both.BehindClient.AskAsync(method, parameters)).GetProperty("error").GetProperty("code").GetInt32());
        }

        Assert.Empty((await both.BehindClient.AskAsync("tasks/list")).GetProperty("result").GetProperty("tasks").EnumerateArray());
    }

    // Every few seconds the server says or does something of its own accord. Where a slow machine lets that happen to one of the two alone, both begin anew.
    private static Task BeforeATimerOfTheServerAsync(Func<Task> comparison) => Eventually.Passes(comparison);

    private static async Task<IEnumerable<string>> ToolsAsync(WireClient client, string prefix)
        => (await client.AskAsync("tools/list")).GetProperty("result").GetProperty("tools").EnumerateArray()
            .Where(tool => !tool.GetProperty("name").GetString()!.StartsWith("portal_", StringComparison.Ordinal))
            .Select(tool => Plain(tool, prefix));

    private static string Answer(string method, JsonElement parameters) => (method, parameters.ValueKind == JsonValueKind.Object && parameters.TryGetProperty("task", out _)) switch
    {
        ("roots/list", _) => """{"roots":[{"uri":"file:///home/ann","name":"home"}]}""",
        ("sampling/createMessage" or "elicitation/create", true) => """{"task":{"taskId":"mine_1","status":"working","ttl":60000,"createdAt":"2026-01-01T00:00:00Z","lastUpdatedAt":"2026-01-01T00:00:00Z"}}""",
        ("sampling/createMessage", _) => """{"model":"none","role":"assistant","content":{"type":"text","text":"sampled \"ä\""},"stopReason":"endTurn","test/unknown":true}""",
        ("elicitation/create", _) when parameters.TryGetProperty("_meta", out var meta) => $$"""{"action":"accept","content":{"interpretation":"snake"},"_meta":{{meta.GetRawText()}}}""",
        ("elicitation/create", _) => """{"action":"accept","content":{"name":"Ann","integer":7}}""",
        ("tasks/get", _) => """{"taskId":"mine_1","status":"completed","statusMessage":"done","ttl":60000,"createdAt":"2026-01-01T00:00:00Z","lastUpdatedAt":"2026-01-01T00:00:00Z"}""",
        ("tasks/result", _) => """{"action":"accept","content":{"name":"Ann"},"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"mine_1"}}}""",
        _ => "{}",
    };

    // Members in one order; without what may differ.
    private static string Plain(JsonElement message, string prefix)
    {
        var node = JsonNode.Parse(message.GetRawText())!;
        if (node is JsonObject whole)
        {
            whole.Remove("id");
            if (whole["result"] is JsonObject result && result["_meta"] is JsonObject { Count: 0 })
            {
                result.Remove("_meta");
            }

            if (whole["error"] is JsonObject error && error["data"] is JsonObject data && data.Remove("flow_id") && data.Count == 0)
            {
                error.Remove("data");
            }
        }

        var text = Ordered(node)!.ToJsonString();
        text = prefix.Length > 0 ? text.Replace($"\"{prefix}", "\"", StringComparison.Ordinal) : text;
        text = Stage().Replace(text, "STAGE");
        text = Uuid().Replace(TimeOfDay().Replace(Instant().Replace(text, "NOW"), "NOW"), "UUID");
        return Level().Replace(Blob().Replace(text, "BLOB"), "LEVEL");
    }

    /// <summary>The same with the members of every object in one order.</summary>
    internal static JsonNode? Ordered(JsonNode? node) => node switch
    {
        JsonObject whole => new JsonObject(whole.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => KeyValuePair.Create(member.Key, Ordered(member.Value)))),
        JsonArray array => new JsonArray([.. array.Select(Ordered)]),
        _ => node?.DeepClone(),
    };

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|\"[0-9a-f]{32}\"|(?<=taskId\":\")[0-9a-f]{32}|[0-9a-f]{32}(?=\")")]
    private static partial Regex Uuid();

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT[\d:.]+Z")]
    private static partial Regex Instant();

    [GeneratedRegex(@"\d{1,2}:\d\d:\d\d(.[AP]M)?")]
    private static partial Regex TimeOfDay();

    // One a second, whenever somebody asks.
    [GeneratedRegex(@"(?<=""statusMessage"":"")(Gathering sources|Analyzing content|Synthesizing findings|Generating report)\.\.\.(?="")")]
    private static partial Regex Stage();

    // The time of day is in it too.
    [GeneratedRegex("UmVzb3VyY2U[0-9A-Za-z+/=]+")]
    private static partial Regex Blob();

    // One of eight, as it likes.
    [GeneratedRegex("[A-Z][a-z]+[- ]level[- ]message|(?<=\"level\":\")(debug|info|notice|warning|error|critical|alert|emergency)(?=\")")]
    private static partial Regex Level();

    // The same client, once directly at the server and once through the portal.
    private sealed class Both : IAsyncDisposable
    {
        public required PortalHarness Portal { get; init; }

        public required WireClient DirectClient { get; init; }

        public required WireClient BehindClient { get; init; }

        public JsonElement Direct { get; private set; }

        public JsonElement Behind { get; private set; }

        public Uri Endpoint => new($"http://{Portal.Host}/mcp");

        public (WireClient Client, string Prefix)[] Clients => [(DirectClient, ""), (BehindClient, Prefix)];

        public static async Task<Both> BeginAsync(World world, EverythingServer server, string revision)
        {
            var portal = await PortalHarness.CreateAsync(world, $"compared-{Guid.NewGuid():N}.test");
            var both = new Both
            {
                Portal = portal,
                DirectClient = new WireClient(new HttpClient { Timeout = Timeout.InfiniteTimeSpan }, server.Url, Answer),
                BehindClient = new WireClient(portal.Http(portal.Token()), new Uri($"http://{portal.Host}/mcp"), Answer),
            };
            try
            {
                both.Direct = await both.DirectClient.InitializeAsync(revision, Capabilities);
                await server.AddToAsync(
                    portal,
                    "every",
                    "2025-11-25",
                    both.Direct.GetProperty("capabilities"),
                    both.Direct.GetProperty("instructions").GetString(),
                    async method => (await both.DirectClient.AskAsync(method)).GetProperty("result"));
                both.Behind = await both.BehindClient.InitializeAsync(revision, Capabilities);
                return both;
            }
            catch (Exception)
            {
                // The server's name has to be free for who comes next.
                await both.DisposeAsync();
                throw;
            }
        }

        public async Task CompareAsync((string Method, string Parameters, string? Hears)[] script)
        {
            var said = await Task.WhenAll(Clients.Select(client => RunAsync(client.Client, client.Prefix, script)));
            Assert.Equal(string.Join('\n', said[0]), string.Join('\n', said[1]));
        }

        public async ValueTask DisposeAsync()
        {
            await DirectClient.DisposeAsync();
            await BehindClient.DisposeAsync();
            await Portal.DisposeAsync();
        }

        private static async Task<List<string>> RunAsync(WireClient client, string prefix, (string Method, string Parameters, string? Hears)[] script)
        {
            var said = new List<string>();
            var (task, before) = ("", 0);
            foreach (var (method, parameters, hears) in script)
            {
                var response = await client.AskAsync(method, parameters.Replace("\"~", $"\"{prefix}", StringComparison.Ordinal).Replace("TASK", task, StringComparison.Ordinal));
                if (response.TryGetProperty("result", out var result) && result.TryGetProperty("task", out var made))
                {
                    task = made.GetProperty("taskId").GetString()!;
                }

                said.Add($"{method} {parameters} -> {Plain(response, prefix)}");
                if (hears is not null)
                {
                    await Eventually.Async(() => client.Heard.Skip(before).Any(message => message.GetRawText().Contains(hears, StringComparison.Ordinal)), what: $"{hears} after {parameters} ({(prefix.Length > 0 ? "portal" : "direct")})");
                    var heard = client.Heard;
                    said.AddRange(heard.Skip(before).Where(IsCompared).Select(message => $"  {Plain(message, prefix)}").Distinct().Order(StringComparer.Ordinal));
                    before = heard.Count;
                }
            }

            return said;
        }

        // The server asks for roots once or twice, as its timer has it.
        private static bool IsCompared(JsonElement message)
            => message.GetRawText() is var text && !text.Contains("/list_changed", StringComparison.Ordinal) && !text.Contains("oots", StringComparison.Ordinal);
    }
}
