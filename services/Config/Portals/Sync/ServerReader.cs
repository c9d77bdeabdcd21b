using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Portals.Catalogs;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.ServiceDefaults.Outbound;
using Microsoft.Extensions.Logging.Abstractions;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Config.Portals.Sync;

/// <summary>
/// Reads what an MCP server offers. The requests follow no redirect, keep no cookie, go to no address inside that the installation does not allow,
/// and end at a deadline and at a number of bytes.
/// </summary>
public sealed class ServerReader(OutboundGuard guard) : IDisposable
{
    /// <summary>How long one reading may take, all transports together.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private const int MostPages = 100;

    private readonly SocketsHttpHandler _connections = guard.CreateHandler(OutboundReach.Public);

    /// <summary>Reads a server.</summary>
    /// <param name="server">The server.</param>
    /// <param name="headers">What it is shown.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="ReadingFailedException">It cannot be read.</exception>
    public async Task<McpReading> ReadAsync(McpServer server, IReadOnlyDictionary<string, string> headers, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(server);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(Deadline);
        var candidates = McpEndpoint.Candidates(new Uri(server.Hostname));
        for (var index = 0; ; index++)
        {
            using var handler = new ReadingHandler(candidates[index].Address, _connections);
            try
            {
                return ReadingLimits.Apply(await ReadAsync(candidates[index], headers, handler, deadline.Token));
            }
#pragma warning disable CA1031 // Whatever a foreign server does to the client library, it is a failure of that server alone.
            catch (Exception failure) when (!ct.IsCancellationRequested)
#pragma warning restore CA1031
            {
                if (index == candidates.Count - 1 || !ReadingErrors.IsOtherTransport(handler.LastStatus))
                {
                    throw new ReadingFailedException(ReadingErrors.Of(failure, handler, Deadline), failure);
                }
            }
        }
    }

    public void Dispose() => _connections.Dispose();

    private static async Task<McpReading> ReadAsync(McpEndpoint where, IReadOnlyDictionary<string, string> headers, ReadingHandler handler, CancellationToken ct)
    {
        using var http = new HttpClient(handler, disposeHandler: false) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
        await using var transport = new HttpClientTransport(
            new HttpClientTransportOptions
            {
                Endpoint = where.Address,
                TransportMode = where.Transport == McpTransport.Sse ? HttpTransportMode.Sse : HttpTransportMode.StreamableHttp,
                AdditionalHeaders = new Dictionary<string, string>(headers),
                ConnectionTimeout = TimeSpan.FromSeconds(10),
                EnableStandaloneGetStream = false,
                MaxReconnectionAttempts = 0,
            },
            http,
            NullLoggerFactory.Instance);
        await using var client = await McpClient.CreateAsync(transport, Introduction(), NullLoggerFactory.Instance, ct);
        var dropped = new List<string>();
        var offers = client.ServerCapabilities;
        return new McpReading
        {
            Endpoint = where,
            ProtocolVersion = client.NegotiatedProtocolVersion ?? "",
            ServerInfo = Json(client.ServerInfo),
            Capabilities = Json(offers),
            Instructions = client.ServerInstructions,
            Tools = offers?.Tools is null ? [] : await ListAsync(client, RequestMethods.ToolsList, "tools", dropped, ct),
            Prompts = offers?.Prompts is null ? [] : await ListAsync(client, RequestMethods.PromptsList, "prompts", dropped, ct),
            Resources = offers?.Resources is null ? [] : await ListAsync(client, RequestMethods.ResourcesList, "resources", dropped, ct),
            ResourceTemplates = offers?.Resources is null ? [] : await ListAsync(client, RequestMethods.ResourcesTemplatesList, "resourceTemplates", dropped, ct),
            Dropped = dropped,
        };
    }

    // Some servers show tools only to clients that can be asked what these would ask. Here nobody can be: whatever is asked while it is read is refused.
    private static McpClientOptions Introduction() => new()
    {
        ClientInfo = new Implementation { Name = "ManagedOAuth", Version = "1.0" },
        Capabilities = new ClientCapabilities { Elicitation = new() { Form = new(), Url = new() } },
        Handlers = new McpClientHandlers
        {
            ElicitationHandler = static (_, _) => new(new ElicitResult { Action = "cancel" }),
#pragma warning disable MCP9005 // Deprecated in the newest revision, and part of all that have sessions.
            SamplingHandler = static (_, _, _) => throw new McpException("Nobody can be asked while a server is read."),
            RootsHandler = static (_, _) => new(new ListRootsResult { Roots = [] }),
#pragma warning restore MCP9005
        },
    };

    // As JSON, not as the library's types: members that it does not know are part of a definition too.
    private static async Task<IReadOnlyList<JsonElement>> ListAsync(McpClient client, string method, string member, List<string> dropped, CancellationToken ct)
    {
        var items = new List<JsonElement>();
        string? cursor = null;
        for (var page = 0; page < MostPages; page++)
        {
            var response = await client.SendRequestAsync(
                new JsonRpcRequest { Method = method, Params = cursor is null ? new JsonObject() : new JsonObject { ["cursor"] = cursor } }, ct);
            if (response.Result is not JsonObject result)
            {
                // Half of a list is none: what stands behind it would count as withdrawn.
                throw new McpException($"A page of {member} is no object.");
            }

            items.AddRange((result[member] as JsonArray ?? []).Select(item => JsonSerializer.SerializeToElement(item)));
            if (items.Count > ReadingLimits.Most)
            {
                dropped.Add($"{member}: the server has more than {ReadingLimits.Most}");
                return [.. items.Take(ReadingLimits.Most)];
            }

            if (result["nextCursor"] is not JsonValue next || !next.TryGetValue(out cursor) || string.IsNullOrEmpty(cursor))
            {
                return items;
            }
        }

        dropped.Add($"{member}: the server's pages have no end");
        return items;
    }

    private static JsonElement? Json<T>(T? value)
        where T : class
        => value is null ? null : JsonSerializer.SerializeToElement(value, McpJsonUtilities.DefaultOptions.GetTypeInfo(typeof(T)));
}
