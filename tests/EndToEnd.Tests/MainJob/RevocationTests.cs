using System.Net;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;

namespace ManagedOAuth.EndToEnd.Tests.MainJob;

/// <summary>A revoked grant is refused at two edge replicas, new requests and open streams alike.</summary>
[Collection(TopologyCollection.Name)]
public sealed class RevocationTests(LocalTopology topology)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Revocation_ByClientOrAdministrator_EndsRequestsAndOpenStreamsAtEveryEdge(bool byClient)
    {
        var address = $"revoked-{byClient}@example.com".ToLowerInvariant();
        using var user = new ScriptedBrowser(address, topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"));
        var tokens = await client.LoginAsync(user);
        using var other = new ScriptedBrowser("bystander@example.com", topology.Mailbox);
        using var bystander = new OAuthClient(new Uri(topology.Orders, "/orders"));
        var bystanderTokens = await bystander.LoginAsync(other);

        // A connection each, so that the kernel spreads them over both replicas.
        var streams = new List<(HttpClient Client, Stream Stream)>();
        for (var i = 0; i < 8; i++)
        {
            streams.Add(await OpenStreamAsync(tokens.AccessToken));
        }

        var untouched = await OpenStreamAsync(bystanderTokens.AccessToken);
        var grant = Assert.Single(await topology.Admin.GrantsAsync(address));
        if (byClient)
        {
            Assert.Equal(HttpStatusCode.OK, await client.RevokeAsync(tokens.RefreshToken));
        }
        else
        {
            await topology.Admin.PostAsync($"grants/{grant["id"]}/revoke");
        }

        foreach (var (http, stream) in streams)
        {
            await AssertEndsAsync(stream);
            http.Dispose();
        }

        await Eventually.Async(async () =>
        {
            for (var i = 0; i < 8; i++)
            {
                using var fresh = new OAuthClient(new Uri(topology.Orders, "/orders"));
                using var answer = await fresh.GetAsync("/orders", tokens.AccessToken);
                if (answer.StatusCode != HttpStatusCode.Unauthorized)
                {
                    return false;
                }
            }

            return true;
        });
        Assert.Equal(HttpStatusCode.BadRequest, (await client.TryRefreshAsync(tokens.RefreshToken)).Status);
        Assert.Equal("grant_revoked", (string?)(await topology.Admin.EventsAsync((string)grant["id"]!))[^1]["type"]);

        using var still = await bystander.GetAsync("/orders", bystanderTokens.AccessToken);
        Assert.Equal(HttpStatusCode.OK, still.StatusCode);
        Assert.True(await untouched.Stream.ReadAsync(new byte[1]) > 0);
        untouched.Client.Dispose();
    }

    private async Task<(HttpClient Client, Stream Stream)> OpenStreamAsync(string accessToken)
    {
        var http = new HttpClient();
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(topology.Orders, "/events"));
        request.Headers.Authorization = new("Bearer", accessToken);
        var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var stream = await answer.Content.ReadAsStreamAsync();
        Assert.True(await stream.ReadAsync(new byte[1]) > 0);
        return (http, stream);
    }

    private static async Task AssertEndsAsync(Stream stream)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var buffer = new byte[4096];
        try
        {
            while (await stream.ReadAsync(buffer, deadline.Token) > 0)
            {
            }
        }
        catch (Exception cut) when (cut is HttpIOException or IOException)
        {
            // Cut off in the middle: ended as well.
        }
    }
}
