using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.AuthorizationServer.Upstream.OAuth;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Portals;

namespace ManagedOAuth.AuthorizationServer.Tests.Upstream;

/// <summary>What is read from servers and their authorization servers, alone.</summary>
public sealed class UpstreamRulesTests
{
    [Theory]
    [InlineData("Bearer resource_metadata=\"https://h/m\", scope=\"a b\"", "https://h/m", "a b")]
    [InlineData("bearer RESOURCE_METADATA=https://h/m", "https://h/m", null)]
    [InlineData("Basic realm=\"x, Bearer resource_metadata=evil\", Bearer scope=\"a\\\"b\"", null, "a\"b")]
    [InlineData("Bearer scope=a, resource_metadata=first, resource_metadata=second, DPoP algs=\"x\"", "first", "a")]
    [InlineData("Bearer", null, null)]
    [InlineData("Bearer scope=\"never closed", null, "never closed")]
    public void Challenge_IsRead(string header, string? metadata, string? scope) => Assert.Equal(new UpstreamChallenge(metadata, scope), UpstreamChallenge.Read([header]));

    [Fact]
    public void Challenge_SaysWhyARequestIsRefused()
        => Assert.Equal(new UpstreamChallenge(null, "a b", UpstreamChallenge.InsufficientScope), UpstreamChallenge.Read(["Bearer error=\"insufficient_scope\", scope=\"a b\", error_description=\"x\""]));

    [Theory]
    [InlineData("Basic realm=\"x\"")]
    [InlineData("")]
    [InlineData("=, ,=\"")]
    [InlineData("DPoP resource_metadata=\"x\"")]
    public void Challenge_OfAnotherScheme_IsNone(string header) => Assert.Null(UpstreamChallenge.Read([header]));

    [Fact]
    public void Challenge_OfAnyBytes_IsReadInOneGo()
    {
        var random = new Random(7);
        const string Alphabet = "Bearer resource_metadata=\"\\, \t=scope;x";
        for (var i = 0; i < 20_000; i++)
        {
            UpstreamChallenge.Read([new string([.. Enumerable.Range(0, random.Next(80)).Select(_ => Alphabet[random.Next(Alphabet.Length)])])]);
        }
    }

    // M14
    [Theory]
    [InlineData("javascript:alert(1)")]
    [InlineData("file:///etc/passwd")]
    [InlineData("https://h.test/$(calc)")]
    [InlineData("https://h.test/`id`")]
    [InlineData("-flag")]
    [InlineData("//h.test/x")]
    [InlineData("http://h.test/x")]
    [InlineData("http://127.0.0.1:9/x")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("https://user@h.test/x")]
    [InlineData("https://h.test/x#f")]
    [InlineData("https://h.test/a b")]
    [InlineData("https://h.test/\r\nX: y")]
    [InlineData("")]
    [InlineData(null)]
    public void Address_ThatCouldHarm_IsNotUsable(string? url)
    {
        Assert.False(UpstreamUrls.IsUsable(url, "https://server.test"));
        if (url is { Length: > 0 })
        {
            foreach (var member in new[] { "authorization_endpoint", "token_endpoint", "registration_endpoint", "revocation_endpoint" })
            {
                Assert.Throws<UpstreamException>(() => UpstreamMetadata.Read("https://as.test", Document(document => document[member] = url)));
            }
        }
    }

    [Fact]
    public void Address_OnLoopback_IsUsableFromLoopbackAlone()
    {
        Assert.True(UpstreamUrls.IsUsable("http://localhost:9/token", "http://127.0.0.1:8/mcp"));
        Assert.True(UpstreamUrls.IsUsable("https://h.test/token?a=b", "https://server.test"));
    }

    [Fact]
    public void Metadata_OfAnotherIssuer_OrWithoutPkce_IsRefused()
    {
        Assert.Equal("https://as.test/token", UpstreamMetadata.Read("https://as.test", Document()).Authorization.TokenEndpoint);
        Assert.Throws<UpstreamException>(() => UpstreamMetadata.Read("https://as.test/", Document()));
        Assert.Throws<UpstreamException>(() => UpstreamMetadata.Read("https://as.test", Document(document => document.Remove("issuer"))));
        Assert.Throws<UpstreamException>(() => UpstreamMetadata.Read("https://as.test", Document(document => document["code_challenge_methods_supported"] = new JsonArray("plain"))));
        Assert.Throws<UpstreamException>(() => UpstreamMetadata.Read("https://as.test", Document(document => document.Remove("token_endpoint"))));
    }

    // Half of a surrogate pair is no text (RFC 7493 section 2.1): as if it were not there.
    [Fact]
    public void Text_ThatCannotBeRead_IsPassedOver()
    {
        var document = JsonElement.Parse("""
            {"issuer":"https://as.test","authorization_endpoint":"https://as.test/authorize","token_endpoint":"https://as.test/token","registration_endpoint":"\ud800",
             "code_challenge_methods_supported":["\ud800","S256"]}
            """);
        Assert.Null(UpstreamMetadata.Read("https://as.test", document).Authorization.RegistrationEndpoint);
        Assert.Throws<UpstreamException>(() => UpstreamResource.Read("https://server.test/mcp", JsonElement.Parse("""{"resource":"\udfff"}""")));
    }

    [Theory]
    [InlineData("https://server.test/mcp", true)]
    [InlineData("https://server.test", true)]
    [InlineData("https://server.test/other", false)]
    [InlineData("https://other.test/mcp", false)]
    [InlineData("", false)]
    public void Resource_HasToCoverTheServer(string resource, bool accepted)
    {
        var document = JsonSerializer.SerializeToElement(new JsonObject { ["resource"] = resource, ["authorization_servers"] = new JsonArray("https://as.test") });
        if (accepted)
        {
            Assert.Equal("https://as.test", Assert.Single(UpstreamResource.Read("https://server.test/mcp", document).Issuers));
        }
        else
        {
            Assert.Throws<UpstreamException>(() => UpstreamResource.Read("https://server.test/mcp", document));
        }
    }

    // RFC 9700 section 4.4.2.2: a hostile server's login cannot be answered with an honest one's code.
    [Fact]
    public void Callback_IsEveryServersOwn_UnlessItsClientWasMadeByHand()
    {
        var portal = new McpPortal { Id = Guid.NewGuid(), PortalId = "eng", Name = "Engineering", Hostname = "portal.test", ApplicationId = Guid.NewGuid() };
        var server = UpstreamHost.Server("callback-one", "https://one.test/mcp");
        var callback = UpstreamCallback.Of(server, portal, "https://team.test");
        Assert.Equal(("https://portal.test/servers-callback/callback-one", "https://team.test/cdn-cgi/access/upstream/clients/eng/callback-one"), (callback.RedirectUri, callback.MetadataDocument));
        Assert.Equal("https://team.test/cdn-cgi/access/outbound-oauth-callback/callback-one", UpstreamCallback.Of(server with { IsSharedOauthCallbackEnabled = true }, portal, "https://team.test").RedirectUri);
        Assert.Equal("https://team.test/cdn-cgi/access/outbound-oauth-callback/callback-one", UpstreamCallback.Of(server, null, "https://team.test").RedirectUri);
        Assert.Equal("https://portal.test/servers-callback", UpstreamCallback.Of(server with { OauthClient = new McpOAuthClient { ClientId = "x" } }, portal, "https://team.test").RedirectUri);
        Assert.Null(UpstreamCallback.Of(server, portal, "http://localhost:8702").MetadataDocument);
    }

    private static JsonElement Document(Action<JsonObject>? change = null)
    {
        var document = new JsonObject
        {
            ["issuer"] = "https://as.test",
            ["authorization_endpoint"] = "https://as.test/authorize",
            ["token_endpoint"] = "https://as.test/token",
            ["code_challenge_methods_supported"] = new JsonArray("S256"),
        };
        change?.Invoke(document);
        return JsonSerializer.SerializeToElement(document);
    }
}
