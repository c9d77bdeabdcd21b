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

        // At each of the two edges by name: a stream that stays open, and a second connection for new requests.
        var edges = (await topology.ResourcesAsync()).Where(resource => resource.Name == "edge").Select(resource => resource.Pid).ToList();
        Assert.Equal(2, edges.Count);
        var streaming = await ReplicaConnection.ToEachAsync(topology.Orders, edges);
        var asking = await ReplicaConnection.ToEachAsync(topology.Orders, edges);
        var others = await ReplicaConnection.ToEachAsync(topology.Orders, edges);
        var streams = new List<Stream>();
        var untouched = new List<Stream>();
        foreach (var (own, foreign) in streaming.Zip(others))
        {
            streams.Add(await OpenStreamAsync(own.Http, tokens.AccessToken));
            untouched.Add(await OpenStreamAsync(foreign.Http, bystanderTokens.AccessToken));
        }

        foreach (var edge in asking)
        {
            Assert.Equal(HttpStatusCode.OK, await AskAsync(edge.Http, tokens.AccessToken));
        }

        var grant = Assert.Single(await topology.Admin.GrantsAsync(address));
        if (byClient)
        {
            Assert.Equal(HttpStatusCode.OK, await client.RevokeAsync(tokens.RefreshToken));
        }
        else
        {
            await topology.Admin.PostAsync($"grants/{grant["id"]}/revoke");
        }

        foreach (var stream in streams)
        {
            await AssertEndsAsync(stream);
        }

        foreach (var edge in asking)
        {
            await Eventually.Async(async () => await AskAsync(edge.Http, tokens.AccessToken) == HttpStatusCode.Unauthorized);
        }

        Assert.Equal(HttpStatusCode.BadRequest, (await client.TryRefreshAsync(tokens.RefreshToken)).Status);
        Assert.Equal("grant_revoked", (string?)(await topology.Admin.EventsAsync((string)grant["id"]!))[^1]["type"]);

        foreach (var (edge, stream) in asking.Zip(untouched))
        {
            Assert.Equal(HttpStatusCode.OK, await AskAsync(edge.Http, bystanderTokens.AccessToken));
            Assert.True(await stream.ReadAsync(new byte[1]) > 0);
        }

        foreach (var connection in streaming.Concat(asking).Concat(others))
        {
            connection.Dispose();
        }
    }

    private async Task<Stream> OpenStreamAsync(HttpClient http, string accessToken)
    {
        var answer = await http.SendAsync(Request("/events", accessToken), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var stream = await answer.Content.ReadAsStreamAsync();
        Assert.True(await stream.ReadAsync(new byte[1]) > 0);
        return stream;
    }

    private async Task<HttpStatusCode> AskAsync(HttpClient http, string accessToken)
    {
        using var answer = await http.SendAsync(Request("/orders", accessToken));
        await answer.Content.ReadAsByteArrayAsync();
        return answer.StatusCode;
    }

    private HttpRequestMessage Request(string path, string accessToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(topology.Orders, path));
        request.Headers.Authorization = new("Bearer", accessToken);
        return request;
    }

    private static async Task AssertEndsAsync(Stream stream)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
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
