using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>The SDK's client, which writes down what it hears and is asked, and answers every question in one way.</summary>
public sealed class RecordingClient
{
    // Deprecated in the newest revision, and part of all that have sessions.
    public const string RootsList = "roots/list";
    public const string Sampling = "sampling/createMessage";
    public const string SetLevel = "logging/setLevel";
    public const string LogMessage = "notifications/message";

    private static readonly string[] s_notifications =
    [
        NotificationMethods.ProgressNotification, LogMessage, NotificationMethods.ResourceUpdatedNotification,
        NotificationMethods.ToolListChangedNotification, NotificationMethods.PromptListChangedNotification, NotificationMethods.ResourceListChangedNotification,
    ];

    /// <summary>Method and parameters of each notification, as JSON.</summary>
    public ConcurrentQueue<(string Method, string Params)> Heard { get; } = new();

    /// <summary>Method and parameters of each request of a server, as JSON.</summary>
    public ConcurrentQueue<(string Method, string Params)> Asked { get; } = new();

    /// <summary>What the user does with the next elicitations.</summary>
    public string Action { get; set; } = "accept";

    public McpClientHandlers Handlers => new()
    {
        NotificationHandlers = s_notifications.Select(method => KeyValuePair.Create<string, Func<JsonRpcNotification, CancellationToken, ValueTask>>(method, (notification, _) =>
        {
            Heard.Enqueue((method, notification.Params?.ToJsonString() ?? ""));
            return default;
        })),
#pragma warning disable MCP9005 // As above.
        SamplingHandler = (question, _, _) =>
        {
            Asked.Enqueue((Sampling, Json(question)));
            return new(new CreateMessageResult { Model = "none", Role = Role.Assistant, Content = [new TextContentBlock { Text = "sampled \"ä\"" }], StopReason = "endTurn" });
        },
        RootsHandler = (_, _) =>
        {
            Asked.Enqueue((RootsList, ""));
            return new(new ListRootsResult { Roots = [new Root { Uri = "file:///home/ann", Name = "home" }] });
        },
#pragma warning restore MCP9005
        ElicitationHandler = (question, _) =>
        {
            Asked.Enqueue((RequestMethods.ElicitationCreate, Json(question)));
            return new(new ElicitResult
            {
                Action = Action,
                Content = Action == "accept" ? new Dictionary<string, JsonElement> { ["name"] = JsonSerializer.SerializeToElement("Ann"), ["integer"] = JsonSerializer.SerializeToElement(7) } : null,
            });
        },
    };

    /// <summary>Parameters of the notifications of a method, in an order of their own.</summary>
    public IReadOnlyList<string> Of(string method) => [.. Heard.Where(heard => heard.Method == method).Select(heard => heard.Params).Order(StringComparer.Ordinal)];

    /// <summary>Sends a request: the result as JSON, or the error's code.</summary>
    public static async Task<string> SendAsync(McpClient client, string method, string parameters = "{}")
    {
        try
        {
            var response = await client.SendRequestAsync(new JsonRpcRequest { Method = method, Params = JsonNode.Parse(parameters) });
            return response.Result?.ToJsonString() ?? "";
        }
        catch (McpProtocolException failure)
        {
            return $"error {failure.ErrorCode}";
        }
    }

    /// <summary>Calls a tool: the result as JSON, or the error's code.</summary>
    public static Task<string> CallAsync(McpClient client, string tool, string arguments = "{}", string meta = "{}")
        => SendAsync(client, RequestMethods.ToolsCall, $"{{\"name\":\"{tool}\",\"arguments\":{arguments},\"_meta\":{meta}}}");

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, McpJsonUtilities.DefaultOptions);
}
