using System.Net;
using System.Text.Json.Nodes;
using Grpc.Core;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Contracts.ConfigFeed;

namespace ManagedOAuth.Config.Tests.Portals;

/// <summary>Who gets what of servers and portals.</summary>
[Collection(ConfigCollection.Name)]
public sealed class PortalFeedTests(ConfigHost host)
{
    [Fact]
    public async Task Feed_GivesSecretsToAuthorizationServerAloneAndNothingToToken()
    {
        var (bearer, oauth) = (PortalCalls.NewId("feed"), PortalCalls.NewId("feed"));
        var one = await host.Api.Must(HttpStatusCode.Created, "POST", PortalCalls.Servers, $$"""{"id":"{{bearer}}","name":"x","hostname":"https://x.test/mcp","auth_type":"bearer","auth_credentials":"sk-feed"}""");
        var two = await host.Api.Must(HttpStatusCode.Created, "POST", PortalCalls.Servers,
            $$"""{"id":"{{oauth}}","name":"x","hostname":"https://x.test/mcp","auth_type":"oauth","oauth_client":{"client_id":"c","token_endpoint_auth_method":"client_secret_post","token_endpoint":"https://as.test/token"},"client_secret":"cs-feed"}""");
        var portal = await host.Api.AddPortal(PortalCalls.NewId("portal-"));

        var authorization = await SnapshotAsync("authorization-server", portal);
        Assert.Equal("Bearer sk-feed", (string)authorization[(string)one["uid"]!]["headers"]!["Authorization"]!);
        Assert.Equal("cs-feed", (string)authorization[(string)two["uid"]!]["oauth_client"]!["client_secret"]!);
        Assert.True(authorization.ContainsKey((string)portal["uid"]!));

        var edge = await SnapshotAsync("edge", portal);
        Assert.Null(edge[(string)one["uid"]!]["headers"]);
        Assert.Null(edge[(string)two["uid"]!]["oauth_client"]!["client_secret"]);
        Assert.All(edge.Values.Concat(authorization.Values), node => Assert.Null(node["sealed_secrets"]));
        Assert.True(edge.ContainsKey((string)portal["uid"]!));

        var token = await SnapshotAsync("token", portal);
        Assert.DoesNotContain((string)one["uid"]!, token.Keys);
        Assert.DoesNotContain((string)portal["uid"]!, token.Keys);
        Assert.Contains((string)portal["application_id"]!, token.Keys);
    }

    // Until the application of the portal, which came last: another replica may be a moment behind.
    private async Task<Dictionary<string, JsonNode>> SnapshotAsync(string caller, JsonNode portal)
    {
        using var call = new ConfigFeed.ConfigFeedClient(host.Grpc).Watch(
            new WatchRequest(), new Metadata { { "x-managedoauth-service", host.CredentialOf(caller) } }, cancellationToken: new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token);
        var found = new Dictionary<string, JsonNode>();
        do
        {
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
            foreach (var entry in call.ResponseStream.Current.Entries.Where(entry => !entry.Deleted))
            {
                found[entry.Id] = JsonNode.Parse(entry.Json.Span)!;
            }
        }
        while (call.ResponseStream.Current.More || !found.ContainsKey((string)portal["application_id"]!));
        return found;
    }
}
