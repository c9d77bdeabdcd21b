using System.Web;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ModelContextProtocol.Authentication;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.EndToEnd.Tests.MainJob;

/// <summary>The MCP C# SDK's own OAuth client, which nobody here wrote, with nothing but the address.</summary>
[Collection(TopologyCollection.Name)]
public sealed class McpClientTests(LocalTopology topology)
{
    [Theory]
    [InlineData(null)]
    [InlineData("2025-06-18")]
    public async Task McpSdk_LogsInListsAndCallsTools(string? protocolVersion)
    {
        var address = $"mcp-sdk-{protocolVersion ?? "latest"}@example.com";
        using var user = new ScriptedBrowser(address, topology.Mailbox);
        var redirect = new Uri("http://127.0.0.1:49998/callback");
        await using var client = await McpClient.CreateAsync(
            new HttpClientTransport(new HttpClientTransportOptions
            {
                Endpoint = new Uri(topology.Mcp, "/mcp"),
                TransportMode = HttpTransportMode.StreamableHttp,
                OAuth = new ClientOAuthOptions
                {
                    RedirectUri = redirect,
                    DynamicClientRegistration = new DynamicClientRegistrationOptions { ClientName = "MCP C# SDK" },
                    AuthorizationCallbackHandler = async (context, _) =>
                    {
                        var back = HttpUtility.ParseQueryString((await user.AuthorizeAsync(context.AuthorizationUri, redirect)).Query);
                        return new AuthorizationResult { Code = back["code"], State = back["state"], Iss = back["iss"] };
                    },
                },
            }),
            new McpClientOptions { ProtocolVersion = protocolVersion });

        var tools = await client.ListToolsAsync();
        Assert.Contains(tools, tool => tool.Name == "tools_echo");
        var echo = await client.CallToolAsync("tools_echo", new Dictionary<string, object?> { ["text"] = "hej" });
        Assert.Contains("hej", Assert.IsType<TextContentBlock>(echo.Content[0]).Text, StringComparison.Ordinal);
        var who = await client.CallToolAsync("tools_whoami", new Dictionary<string, object?>());
        Assert.Contains(address, Assert.IsType<TextContentBlock>(who.Content[0]).Text, StringComparison.Ordinal);
        Assert.True(user.ConsentShown);
    }
}
