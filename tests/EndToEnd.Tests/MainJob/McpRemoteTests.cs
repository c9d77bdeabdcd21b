using System.Text.RegularExpressions;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.EndToEnd.Tests.MainJob;

/// <summary>npm's <c>mcp-remote</c> as a child process; its browser step is done by a script.</summary>
[Collection(TopologyCollection.Name)]
public sealed partial class McpRemoteTests(LocalTopology topology) : IDisposable
{
    private readonly string _cache = Directory.CreateTempSubdirectory("mcp-remote-").FullName;

    [Fact]
    public async Task McpRemote_LogsInThenWorksFromItsCacheByRefreshing()
    {
        const string Address = "mcp-remote@example.com";
        using var user = new ScriptedBrowser(Address, topology.Mailbox);
        var login = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var script = login.Task.ContinueWith(async opened =>
        {
            var authorization = await opened;
            var redirect = new Uri(System.Web.HttpUtility.ParseQueryString(authorization.Query)["redirect_uri"]!);
            var back = await user.AuthorizeAsync(authorization, redirect);
            using var http = new HttpClient();
            using var _ = await http.GetAsync(back);
        }, TaskScheduler.Default).Unwrap();

        await UseAsync(Address, line =>
        {
            if (AuthorizationUrl().Match(line) is { Success: true } match)
            {
                login.TrySetResult(new Uri(match.Value));
            }
        });
        await script;

        // From the cache: no browser any more. The cached access token is aged away, so that the refresh token must serve.
        AgeTheCache();
        await UseAsync(Address, line => Assert.DoesNotMatch(AuthorizationUrl(), line));
        var grant = Assert.Single(await topology.Admin.GrantsAsync(Address), found => (string?)found["status"] == "active");
        var events = await topology.Admin.EventsAsync((string)grant["id"]!);
        Assert.Contains(events, e => (string?)e["type"] == "grant_refreshed");
    }

    public void Dispose() => Directory.Delete(_cache, recursive: true);

    private async Task UseAsync(string address, Action<string> stderr)
    {
        var package = RepositoryRoot.Of("tests/EndToEnd.Tests/node/node_modules/mcp-remote/dist/proxy.js");
        var said = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var client = await ConnectAsync(
            new StdioClientTransport(new StdioClientTransportOptions
            {
                Command = "node",
                Arguments = [package, new Uri(topology.Mcp, "/mcp").ToString()],
                EnvironmentVariables = new Dictionary<string, string?> { ["MCP_REMOTE_CONFIG_DIR"] = _cache, ["BROWSER"] = "true", ["DISPLAY"] = null },
                StandardErrorLines = line =>
                {
                    said.Enqueue(line);
                    stderr(line);
                },
            }),
            said);
        var tools = await client.ListToolsAsync();
        Assert.Contains(tools, tool => tool.Name == "tools_echo");
        var who = await client.CallToolAsync("tools_whoami", new Dictionary<string, object?>());
        Assert.Contains(address, Assert.IsType<TextContentBlock>(who.Content[0]).Text, StringComparison.Ordinal);
    }

    // What the client said of itself is all that tells why it did not get through.
    private static async Task<McpClient> ConnectAsync(StdioClientTransport transport, IEnumerable<string> said)
    {
        try
        {
            return await McpClient.CreateAsync(transport, new McpClientOptions { InitializationTimeout = TimeSpan.FromMinutes(3) });
        }
        catch (Exception e) when (e is TimeoutException or IOException)
        {
            throw new InvalidOperationException($"{e.Message}: {string.Join(" | ", said)}", e);
        }
    }

    private void AgeTheCache()
    {
        var tokens = Assert.Single(Directory.GetFiles(_cache, "*_tokens.json", SearchOption.AllDirectories));
        var text = File.ReadAllText(tokens);
        File.WriteAllText(tokens, Regex.Replace(text, "mo_at_[A-Za-z0-9_-]+", "mo_at_expired"));
    }

    [GeneratedRegex("http://localhost:\\d+/cdn-cgi/access/oauth/authorization\\S+")]
    private static partial Regex AuthorizationUrl();
}
