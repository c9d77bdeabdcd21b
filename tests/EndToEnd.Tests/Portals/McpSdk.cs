using System.Web;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ModelContextProtocol.Authentication;
using ModelContextProtocol.Client;

namespace ManagedOAuth.EndToEnd.Tests.Portals;

/// <summary>The MCP C# SDK with its own OAuth client, which nobody here wrote.</summary>
public static class McpSdk
{
    /// <summary>Connects with nothing but the address; the user logs in and consents where the client leads, which is part of the time that it has.</summary>
    /// <param name="endpoint">The MCP endpoint.</param>
    /// <param name="user">Who sits in front of the client.</param>
    /// <param name="protocolVersion">The revision to speak; the newest when null.</param>
    public static Task<McpClient> ConnectAsync(Uri endpoint, ScriptedBrowser user, string? protocolVersion = null)
    {
        var redirect = new Uri("http://127.0.0.1:49998/callback");
        return McpClient.CreateAsync(
            new HttpClientTransport(new HttpClientTransportOptions
            {
                Endpoint = endpoint,
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
            new McpClientOptions { ProtocolVersion = protocolVersion, InitializationTimeout = TimeSpan.FromMinutes(3) });
    }
}
