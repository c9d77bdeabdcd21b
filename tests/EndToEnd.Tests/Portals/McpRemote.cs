using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.Testing;
using ModelContextProtocol.Client;

namespace ManagedOAuth.EndToEnd.Tests.Portals;

/// <summary>npm's <c>mcp-remote</c> as a child process with a cache of its own; its browser step is done by a script.</summary>
public sealed partial class McpRemote(Uri endpoint) : IDisposable
{
    private readonly string _cache = Directory.CreateTempSubdirectory("mcp-remote-").FullName;

    // The port that it derives from the address may be an outgoing connection's at one start and free at the next, for which it would register anew.
    private readonly string _callbackPort = FreePort.Next().ToString(CultureInfo.InvariantCulture);

    /// <summary>Connects through a new process.</summary>
    /// <param name="user">Logs in where the client leads; null = it must not lead anywhere.</param>
    public async Task<McpClient> ConnectAsync(ScriptedBrowser? user)
    {
        var said = new ConcurrentQueue<string>();
        Task? login = null;
        var transport = new StdioClientTransport(new StdioClientTransportOptions
        {
            Command = "node",
            Arguments = [RepositoryRoot.Of("tests/EndToEnd.Tests/node/node_modules/mcp-remote/dist/proxy.js"), endpoint.ToString(), _callbackPort, "--auth-timeout", "180"],
            EnvironmentVariables = new Dictionary<string, string?> { ["MCP_REMOTE_CONFIG_DIR"] = _cache, ["BROWSER"] = "true", ["DISPLAY"] = null },
            StandardErrorLines = line =>
            {
                said.Enqueue(line);
                if (login is null && AuthorizationUrl().Match(line) is { Success: true } led)
                {
                    login = user is null ? Task.FromException(new InvalidOperationException($"A browser was asked for: {line}")) : LogInAsync(user, new Uri(led.Value));
                }
            },
        });
        try
        {
            var client = await McpClient.CreateAsync(transport, new McpClientOptions { InitializationTimeout = TimeSpan.FromMinutes(3) });
            await (login ?? Task.CompletedTask);
            return client;
        }
        catch (Exception e) when (e is TimeoutException or IOException)
        {
            // What the client said of itself is all that tells why it did not get through.
            throw new InvalidOperationException($"{e.Message}: {string.Join(" | ", said)}", e);
        }
    }

    /// <summary>Spoils the access token that is cached.</summary>
    public void AgeTheCache()
    {
        var tokens = Assert.Single(Directory.GetFiles(_cache, "*_tokens.json", SearchOption.AllDirectories));
        File.WriteAllText(tokens, Regex.Replace(File.ReadAllText(tokens), "mo_at_[A-Za-z0-9_-]+", "mo_at_expired"));
    }

    public void Dispose() => Directory.Delete(_cache, recursive: true);

    private static async Task LogInAsync(ScriptedBrowser user, Uri authorization)
    {
        var redirect = new Uri(System.Web.HttpUtility.ParseQueryString(authorization.Query)["redirect_uri"]!);
        var back = await user.AuthorizeAsync(authorization, redirect);
        using var http = new HttpClient();
        using var _ = await http.GetAsync(back);
    }

    [GeneratedRegex("http://localhost:\\d+/cdn-cgi/access/oauth/authorization\\S+")]
    private static partial Regex AuthorizationUrl();
}
