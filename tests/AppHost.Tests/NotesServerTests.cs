using System.Net;
using Microsoft.AspNetCore.WebUtilities;
using ModelContextProtocol.Authentication;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.AppHost.Tests;

/// <summary>The sample with a login of its own, alone: a standard client needs nothing but its address.</summary>
public sealed class NotesServerTests(SamplesFixture samples) : IClassFixture<SamplesFixture>
{
    [Fact]
    public async Task Client_LogsInByTheMetadataAlone_AndKeepsNotesOfItsAccount()
    {
        await using var alice = await ConnectAsync("alice");
        await using var bob = await ConnectAsync("bob");
        Assert.Equal("alice", await CallAsync(alice, "account", []));
        Assert.Equal("You have 1 notes.", await CallAsync(alice, "add_note", new() { ["text"] = "milk" }));
        Assert.Equal(("milk", "no notes"), (await CallAsync(alice, "list_notes", []), await CallAsync(bob, "list_notes", [])));
    }

    [Fact]
    public async Task RequestWithoutToken_IsChallenged()
    {
        using var http = new HttpClient();
        using var answer = await http.PostAsync(samples.Notes, null);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains("/.well-known/oauth-protected-resource/mcp", answer.Headers.WwwAuthenticate.ToString());
        using var metadata = await http.GetAsync(new Uri(samples.Notes, "/.well-known/oauth-protected-resource/mcp"));
        Assert.Contains($"\"resource\":\"{samples.Notes}\"", await metadata.Content.ReadAsStringAsync());
    }

    private async Task<McpClient> ConnectAsync(string user) => await McpClient.CreateAsync(new HttpClientTransport(new HttpClientTransportOptions
    {
        Endpoint = samples.Notes,
        TransportMode = HttpTransportMode.StreamableHttp,
        OAuth = new ClientOAuthOptions
        {
            RedirectUri = new Uri("http://127.0.0.1:49997/callback"),
            DynamicClientRegistration = new DynamicClientRegistrationOptions { ClientName = "test" },
            AuthorizationCallbackHandler = async (context, cancellation) =>
            {
                using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
                using var answer = await http.PostAsync(context.AuthorizationUri, new FormUrlEncodedContent([new("user", user)]), cancellation);
                var back = QueryHelpers.ParseQuery(answer.Headers.Location!.Query);
                return new AuthorizationResult { Code = back["code"], State = back["state"], Iss = back["iss"] };
            },
        },
    }), new McpClientOptions { InitializationTimeout = TimeSpan.FromMinutes(3) });

    private static async Task<string> CallAsync(McpClient client, string tool, Dictionary<string, object?> arguments)
        => Assert.IsType<TextContentBlock>((await client.CallToolAsync(tool, arguments)).Content[0]).Text;
}
