using System.Text.Json;
using ManagedOAuth.AuthorizationServer.Metadata;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.AuthorizationServer.Tests.Metadata;

public sealed class MetadataDocumentsTests
{
    private static readonly Application s_application = new()
    {
        Id = Guid.NewGuid(),
        Aud = "aud",
        Name = "Orders",
        Domain = "a.test",
        Destinations = [new("public", "d.test")],
        OauthConfiguration = new OAuthConfiguration(),
    };

    [Theory]
    [InlineData("", "https://a.test")]
    [InlineData("/", "https://a.test")]
    [InlineData("/mcp", "https://a.test/mcp")]
    [InlineData("/a/b.c", "https://a.test/a/b.c")]
    public void ProtectedResource_NamesWhatItWasAskedFor(string path, string resource)
    {
        var document = MetadataDocuments.ProtectedResource(s_application, "https://a.test", path);
        Assert.NotNull(document);
        Assert.Equal(resource, document.Resource);
        Assert.Equal(["https://a.test"], document.AuthorizationServers);
    }

    [Theory]
    [InlineData("/<script>")]
    [InlineData("/%3Cscript%3E")]
    [InlineData("/a/../b")]
    [InlineData("//a")]
    [InlineData("/a b")]
    public void ProtectedResource_HostilePath_IsNotRepeated(string path) => Assert.Null(MetadataDocuments.ProtectedResource(s_application, "https://a.test", path));

    [Fact]
    public void ProtectedResource_FurtherAddress_NamesItselfAndTheOneIssuer()
    {
        var document = MetadataDocuments.ProtectedResource(s_application, "https://d.test", "")!;
        Assert.Equal("https://d.test", document.Resource);
        Assert.Equal(["https://a.test"], document.AuthorizationServers);
    }

    [Fact]
    public void ProtectedResource_AddressOfNobody_IsNothing() => Assert.Null(MetadataDocuments.ProtectedResource(s_application, "https://b.test", ""));

    [Fact]
    public void AuthorizationServer_AdvertisesOnlyWhatWorks()
    {
        var json = JsonSerializer.Serialize(MetadataDocuments.AuthorizationServer(s_application), MetadataJson.Default.AuthorizationServerMetadata);
        Assert.Equal(
            """{"issuer":"https://a.test","authorization_endpoint":"https://a.test/cdn-cgi/access/oauth/authorization","token_endpoint":"https://a.test/cdn-cgi/access/oauth/token","registration_endpoint":"https://a.test/cdn-cgi/access/oauth/registration","revocation_endpoint":"https://a.test/cdn-cgi/access/oauth/revoke","revocation_endpoint_auth_methods_supported":["none"],"response_types_supported":["code"],"response_modes_supported":["query"],"grant_types_supported":["authorization_code","refresh_token"],"token_endpoint_auth_methods_supported":["none"],"code_challenge_methods_supported":["S256"],"authorization_response_iss_parameter_supported":true}""",
            json);
    }

    [Theory]
    [InlineData("xn--bcher-kva.test")]
    [InlineData("a-b.c--d.test")]
    [InlineData("localhost:8700")]
    [InlineData("127.0.0.1:65535")]
    [InlineData("[::1]")]
    [InlineData("0x7f.1.test:1")]
    public void EveryUrl_OfAnyDomainThatThereCanBe_IsPlain(string domain)
    {
        var application = s_application with { Domain = domain, Destinations = [] };
        var origin = Contracts.OAuth.PublicOrigin.Of(domain);
        string[] documents =
        [
            JsonSerializer.Serialize(MetadataDocuments.AuthorizationServer(application), MetadataJson.Default.AuthorizationServerMetadata),
            JsonSerializer.Serialize(MetadataDocuments.ProtectedResource(application, origin, "")!, MetadataJson.Default.ProtectedResourceMetadata),
        ];
        var urls = documents.SelectMany(document => JsonDocument.Parse(document).RootElement.EnumerateObject())
            .SelectMany(member => member.Value.ValueKind == JsonValueKind.Array ? member.Value.EnumerateArray().ToArray() : [member.Value])
            .Where(value => value.ValueKind == JsonValueKind.String && value.GetString()!.Contains("://", StringComparison.Ordinal)).Select(value => value.GetString()!).ToList();
        Assert.True(urls.Count >= 6);
        Assert.All(urls, url =>
        {
            Assert.Equal(url, new Uri(url).AbsoluteUri.TrimEnd('/'), ignoreCase: false);
            Assert.Matches(@"^https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._/-]*)?$", url);
        });
    }

    [Fact]
    public void AuthorizationServer_RegistrationOff_HasNoRegistrationEndpoint()
    {
        var off = s_application with { OauthConfiguration = new OAuthConfiguration { DynamicClientRegistration = new() { Enabled = false } } };
        var json = JsonSerializer.Serialize(MetadataDocuments.AuthorizationServer(off), MetadataJson.Default.AuthorizationServerMetadata);
        Assert.DoesNotContain("registration_endpoint", json);
    }
}
