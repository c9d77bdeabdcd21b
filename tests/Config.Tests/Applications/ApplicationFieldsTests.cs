using System.Text.Json;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Applications;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.Outbound;
using Microsoft.Extensions.Configuration;

namespace ManagedOAuth.Config.Tests.Applications;

public sealed class ApplicationFieldsTests
{
    private static readonly ApplicationReader s_reader = new(new OriginReader(new InternalAddresses(new ConfigurationBuilder().Build())));
    private static readonly ApplicationKind s_kind = new(s_reader, new PolicyKind(), new PolicyStreams(new PolicyKind(), TimeProvider.System));

    [Theory]
    [InlineData("\"session_duration\":\"30 minutes\"", "/session_duration")]
    [InlineData("\"allowed_idps\":[\"nobody\"]", "/allowed_idps/0")]
    [InlineData("\"allowed_idps\":[\"5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11\"]", "/allowed_idps")]
    [InlineData("\"auto_redirect_to_identity\":\"yes\"", "/auto_redirect_to_identity")]
    [InlineData("\"auto_redirect_to_identity\":true", "/auto_redirect_to_identity")]
    [InlineData("\"allow_authenticate_via_warp\":1", "/allow_authenticate_via_warp")]
    [InlineData("\"app_launcher_visible\":\"\"", "/app_launcher_visible")]
    [InlineData("\"logo_url\":1", "/logo_url")]
    [InlineData("\"tags\":[\"unknown\"]", "/tags/0")]
    [InlineData("\"tags\":\"a\"", "/tags")]
    [InlineData("\"custom_pages\":[\"5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11\"]", "/custom_pages")]
    [InlineData("\"custom_deny_message\":{}", "/custom_deny_message")]
    [InlineData("\"custom_deny_url\":\"http://h.test\"", "/custom_deny_url")]
    [InlineData("\"custom_non_identity_deny_url\":\"javascript:alert(1)\"", "/custom_non_identity_deny_url")]
    [InlineData("\"cors_headers\":{\"max_age\":90000}", "/cors_headers/max_age")]
    [InlineData("\"cors_headers\":{\"allow_all_origins\":true,\"allow_credentials\":true}", "/cors_headers/allow_credentials")]
    [InlineData("\"cors_headers\":{},\"options_preflight_bypass\":true", "/options_preflight_bypass")]
    [InlineData("\"enable_binding_cookie\":\"x\"", "/enable_binding_cookie")]
    [InlineData("\"http_only_cookie_attribute\":0", "/http_only_cookie_attribute")]
    [InlineData("\"path_cookie_attribute\":0", "/path_cookie_attribute")]
    [InlineData("\"same_site_cookie_attribute\":\"maybe\"", "/same_site_cookie_attribute")]
    [InlineData("\"allow_iframe\":0", "/allow_iframe")]
    [InlineData("\"skip_interstitial\":0", "/skip_interstitial")]
    [InlineData("\"service_auth_401_redirect\":0", "/service_auth_401_redirect")]
    [InlineData("\"read_service_tokens_from_header\":\"a b\"", "/read_service_tokens_from_header")]
    [InlineData("\"mfa_config\":{\"allowed_authenticators\":[\"totp\"]}", "/mfa_config/allowed_authenticators")]
    [InlineData("\"scim_config\":{\"enabled\":true,\"remote_uri\":\"https://x.test\",\"idp_uid\":\"1\"}", "/scim_config/enabled")]
    [InlineData("\"destinations\":[{\"type\":\"private\",\"cidr\":\"10.0.0.0/8\"}]", "/destinations/0/type")]
    [InlineData("\"destinations\":[{\"type\":\"via_mcp_server_portal\",\"mcp_server_id\":\"github\"}]", "/destinations/0/type")]
    [InlineData("\"destinations\":[{\"type\":\"public\",\"uri\":\"a b\"}]", "/destinations/0/uri")]
    public void Read_FieldThatIsWrong_IsRefusedWithItsPointer(string field, string pointer)
    {
        var error = Assert.Single(Read($$"""{"type":"self_hosted","name":"x","domain":"x.test",{{field}}}""").Errors);
        Assert.Equal((12130, pointer), (error.Code, error.Source!.Pointer));
        Assert.StartsWith("access.api.error.invalid_request: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_TheWholeObjectOfTheOriginal_IsTaken()
    {
        var tag = new Tag { Id = Guid.NewGuid(), Name = "engineers" };
        var page = new CustomPage { Id = Guid.NewGuid(), Name = "no", Type = CustomPageType.Forbidden, CustomHtml = "<p>no</p>" };
        var provider = new IdentityProvider { Id = Guid.NewGuid(), Name = "pin", Type = "onetimepin" };
        var snapshot = ConfigurationSnapshot.Empty with
        {
            Tags = ConfigurationSnapshot.Empty.Tags.Add(tag.Id, tag),
            CustomPages = ConfigurationSnapshot.Empty.CustomPages.Add(page.Id, page),
            IdentityProviders = ConfigurationSnapshot.Empty.IdentityProviders.Add(provider.Id, provider),
        };
        var (application, errors) = Read(
            $$$"""
            {"id":"1","uid":"1","aud":"x","type":"self_hosted","name":"Admin Site","domain":"app.example.com/admin",
             "destinations":[{"type":"public","uri":"app.example.com/other/*"}],"self_hosted_domains":["ignored.example.com"],
             "session_duration":"12h","allowed_idps":["{{{provider.Id}}}"],"auto_redirect_to_identity":true,"allow_authenticate_via_warp":true,
             "app_launcher_visible":false,"logo_url":"https://x.test/logo.png","tags":["engineers"],"custom_pages":["{{{page.Id}}}"],
             "custom_deny_message":"no","custom_deny_url":"https://x.test/no","custom_non_identity_deny_url":"https://x.test/nobody",
             "cors_headers":{"allow_all_headers":true,"allowed_methods":["GET"],"allowed_origins":["https://x.test"],"max_age":-1},
             "enable_binding_cookie":true,"http_only_cookie_attribute":false,"path_cookie_attribute":true,"same_site_cookie_attribute":"strict",
             "eager_redirect_cookie_setting":true,"allow_iframe":true,"skip_interstitial":true,"service_auth_401_redirect":true,
             "read_service_tokens_from_header":"Authorization","use_clientless_isolation_app_launcher_url":true,
             "mfa_config":{"mfa_disabled":true},"scim_config":{"enabled":false},"created_at":"2026-01-01T00:00:00Z","updated_at":"x","unknown":{"a":1}}
            """,
            snapshot);
        Assert.Empty(errors);
        var shown = s_kind.Show(application, snapshot);
        Assert.Equal("app.example.com/other", (string)shown["destinations"]![0]!["uri"]!);
        Assert.Equal("strict", (string)shown["same_site_cookie_attribute"]!);
        Assert.Equal("engineers", (string)shown["tags"]![0]!);
        foreach (var meaningless in new[] { "allow_authenticate_via_warp", "enable_binding_cookie", "eager_redirect_cookie_setting", "use_clientless_isolation_app_launcher_url" })
        {
            Assert.False((bool)shown[meaningless]!, meaningless);
        }

        // What is shown can be put back and says the same.
        Assert.Equal(shown.ToJsonString(), s_kind.Show(Read(shown.ToJsonString(), snapshot, application).Application with { CreatedAt = application.CreatedAt }, snapshot).ToJsonString());
    }

    [Fact]
    public void Read_SelfHostedDomains_CountOnlyWithoutDestinations()
    {
        Assert.Equal("b.test", Assert.Single(Read("""{"type":"self_hosted","name":"x","domain":"a.test","self_hosted_domains":["a.test","b.test"]}""").Application.Destinations).Uri);
        Assert.Empty(Read("""{"type":"self_hosted","name":"x","domain":"a.test","destinations":[],"self_hosted_domains":["b.test"]}""").Application.Destinations);
    }

    [Fact]
    public void Read_WithoutDomain_TakesTheFirstPublicDestination()
        => Assert.Equal("a.test", Read("""{"type":"self_hosted","name":"x","destinations":[{"type":"public","uri":"a.test"},{"type":"public","uri":"b.test"}]}""").Application.Domain);

    [Fact]
    public void Read_McpApplication_HasServersInsteadOfADomain()
    {
        var (application, errors) = Read("""{"type":"mcp","name":"GitHub","destinations":[{"type":"via_mcp_server_portal","mcp_server_id":"github"}],"allow_iframe":true}""");
        Assert.Empty(errors);
        Assert.Equal((ApplicationType.Mcp, "", "github"), (application.Type, application.Domain, application.Destinations[0].McpServerId));
        var shown = s_kind.Show(application, ConfigurationSnapshot.Empty);
        Assert.Equal("mcp", (string)shown["type"]!);
        Assert.Null(shown["domain"]);
        Assert.Null(shown["allow_iframe"]);
    }

    [Fact]
    public void Read_Portal_MayLetPagesOfOtherOriginsIn_AndAnMcpServerMayNot()
    {
        const string Cors = "\"cors_headers\":{\"allowed_origins\":[\"https://ui.test\"],\"allowed_methods\":[\"POST\"],\"allow_all_headers\":true}";
        var (portal, errors) = Read($$"""{"type":"mcp_portal","name":"Tools","domain":"mcp.test",{{Cors}}}""");
        Assert.Empty(errors);
        Assert.Equal(["https://ui.test"], portal.CorsHeaders!.AllowedOrigins);
        var shown = s_kind.Show(portal, ConfigurationSnapshot.Empty);
        Assert.Equal("https://ui.test", (string)shown["cors_headers"]!["allowed_origins"]![0]!);
        Assert.Equal(["https://ui.test"], Read(shown.ToJsonString(), existing: portal).Application.CorsHeaders!.AllowedOrigins);
        Assert.False(s_kind.Show(Read("""{"type":"mcp_portal","name":"Tools","domain":"mcp.test"}""").Application, ConfigurationSnapshot.Empty).AsObject().ContainsKey("cors_headers"));
        Assert.Null(Read($$"""{"type":"mcp","name":"GitHub","destinations":[{"type":"via_mcp_server_portal","mcp_server_id":"github"}],{{Cors}}}""").Application.CorsHeaders);
    }

    [Fact]
    public void Read_NewPortal_HasManagedOAuthUnlessItSaysOtherwise()
    {
        const string Portal = """{"type":"mcp_portal","name":"Tools","domain":"mcp.test"}""";
        Assert.True(Read(Portal).Application.ManagedOAuth);
        Assert.False(Read("""{"type":"mcp_portal","name":"Tools","domain":"mcp.test","oauth_configuration":{"enabled":false}}""").Application.ManagedOAuth);
        Assert.False(Read(Portal, existing: Read(Portal).Application).Application.ManagedOAuth);
        Assert.False(Read("""{"type":"self_hosted","name":"Tools","domain":"mcp.test"}""").Application.ManagedOAuth);
    }

    [Fact]
    public void Read_AnotherTypeThanBefore_IsRefused()
    {
        var existing = Read("""{"type":"self_hosted","name":"x","domain":"x.test"}""").Application;
        Assert.Equal("/type", Assert.Single(Read("""{"type":"mcp_portal","name":"x","domain":"x.test"}""", existing: existing).Errors).Source!.Pointer);
    }

    private static (Application Application, List<ApiError> Errors) Read(string body, ConfigurationSnapshot? snapshot = null, Application? existing = null)
    {
        var errors = new List<ApiError>();
        using var document = JsonDocument.Parse(body);
        var application = s_reader.Read(new BodyReader(document.RootElement.Clone(), errors), existing?.Id ?? Guid.NewGuid(), new string('a', 64), existing, snapshot ?? ConfigurationSnapshot.Empty);
        return (application, errors);
    }
}
