using System.Text.Json;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Applications;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.Outbound;
using Microsoft.Extensions.Configuration;

namespace ManagedOAuth.Config.Tests.Applications;

public sealed class ApplicationReaderTests
{
    private const string Minimal = """{"type":"self_hosted","name":"Orders","domain":"orders.example.com"}""";

    [Fact]
    public void Read_MinimalBody_GivesTheDocumentedDefaults()
    {
        var (application, errors) = Read(Minimal);
        Assert.Empty(errors);
        Assert.Equal("24h", application.SessionDuration);
        Assert.Null(application.OauthConfiguration);
        Assert.False(application.ManagedOAuth);
        Assert.Null(application.Origin);
        Assert.True(application.HttpOnlyCookieAttribute);
    }

    [Fact]
    public void Read_OAuthConfigurationWithoutEnabled_TurnsManagedOAuthOn()
    {
        var (application, errors) = Read("""{"type":"self_hosted","name":"Orders","domain":"orders.example.com","oauth_configuration":{}}""");
        Assert.Empty(errors);
        Assert.True(application.ManagedOAuth);
        Assert.Equal(("15m", "336h", "60s"), (application.OauthConfiguration!.Grant.AccessTokenLifetime, application.OauthConfiguration.Grant.SessionDuration, application.OauthConfiguration.Grant.RefreshGrace));
        Assert.False(application.OauthConfiguration.DynamicClientRegistration.AllowAnyOnLocalhost);
        Assert.Empty(application.OauthConfiguration.DynamicClientRegistration.AllowedUris);
    }

    [Fact]
    public void Read_TheOriginalsExample_IsRead()
    {
        var (application, errors) = Read("""
            {"type":"self_hosted","name":"Orders","domain":"orders.example.com",
             "oauth_configuration":{"enabled":true,
               "dynamic_client_registration":{"enabled":true,"allow_any_on_localhost":true,"allow_any_on_loopback":true,"allowed_uris":["https://playground.ai.cloudflare.com/*"]},
               "grant":{"access_token_lifetime":"5m","session_duration":"24h"}}}
            """);
        Assert.Empty(errors);
        var oauth = application.OauthConfiguration!;
        Assert.True(oauth.DynamicClientRegistration is { AllowAnyOnLocalhost: true, AllowAnyOnLoopback: true });
        Assert.Equal(["https://playground.ai.cloudflare.com/*"], oauth.DynamicClientRegistration.AllowedUris);
        Assert.Equal(("5m", "24h"), (oauth.Grant.AccessTokenLifetime, oauth.Grant.SessionDuration));
    }

    [Fact]
    public void Read_PathAndManagedOAuth_IsRefusedAsInTheOriginal()
    {
        var (_, errors) = Read("""{"type":"self_hosted","name":"Orders","domain":"orders.example.com/admin","oauth_configuration":{"enabled":true}}""");
        Assert.Equal("access.api.error.invalid_request: domain can not have a path if oauth is configured", Assert.Single(errors).Message);
        Assert.Equal((12130, "/domain"), (errors[0].Code, errors[0].Source!.Pointer));
    }

    [Theory]
    [InlineData("-5m")]
    [InlineData("0")]
    [InlineData("0s")]
    [InlineData("4s")]
    [InlineData("25h")]
    [InlineData("999999999999h")]
    [InlineData("5")]
    [InlineData("5m5")]
    [InlineData("1e3h")]
    [InlineData("１５m")]
    [InlineData("24H")]
    [InlineData(" 5m")]
    public void Read_BadAccessTokenLifetime_IsRefusedWithItsPointer(string lifetime)
        => AssertRefused(Oauth($$$"""{"grant":{"access_token_lifetime":"{{{lifetime}}}"}}"""), "/oauth_configuration/grant/access_token_lifetime");

    [Fact]
    public void Read_LifetimeThatIsNoText_IsRefused()
        => AssertRefused(Oauth("""{"grant":{"access_token_lifetime":5}}"""), "/oauth_configuration/grant/access_token_lifetime");

    [Fact]
    public void Read_SessionShorterThanTheToken_IsRefused()
        => AssertRefused(Oauth("""{"grant":{"access_token_lifetime":"1h","session_duration":"30m"}}"""), "/oauth_configuration/grant/session_duration");

    [Theory]
    [InlineData("http://h.test/*")]
    [InlineData("*")]
    [InlineData("https://*")]
    [InlineData("https://*.h.test/*")]
    [InlineData("https://h.test/*/x")]
    [InlineData("https://h.test/a*")]
    [InlineData("https://u:p@h.test/*")]
    [InlineData("javascript:alert(1)")]
    [InlineData("https://h.test/#x")]
    public void Read_BadAllowedUri_IsRefusedWithItsPointer(string uri)
        => AssertRefused(Oauth($$$"""{"dynamic_client_registration":{"allowed_uris":["https://ok.test/cb","{{{uri}}}"]}}"""), "/oauth_configuration/dynamic_client_registration/allowed_uris/1");

    [Theory]
    [InlineData("http://169.254.169.254/")]
    [InlineData("http://[fe80::1]/")]
    [InlineData("http://0.0.0.0/")]
    [InlineData("http://[::ffff:169.254.169.254]/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://h.test/")]
    [InlineData("http://u:p@h.test/")]
    [InlineData("unix:/tmp/x")]
    [InlineData("127.0.0.1:9000")]
    [InlineData("http://127.0.0.1:5433")]
    [InlineData("http://localhost:5433")]
    [InlineData("http://127.0.0.1:6390")]
    [InlineData("http://127.0.0.1:9203")]
    public void Read_OriginThatTurnsTheProxyInward_IsRefused(string url)
        => AssertRefused($$$"""{"type":"self_hosted","name":"x","domain":"x.test","origin":{"url":"{{{url}}}"}}""", "/origin/url");

    [Fact]
    public void Read_WithoutOrigin_KeepsItAndNullRemovesIt()
    {
        var existing = Read("""{"type":"self_hosted","name":"x","domain":"x.test","origin":{"url":"http://127.0.0.1:9000"}}""").Application;
        Assert.Equal("http://127.0.0.1:9000", existing.Origin!.Url);
        Assert.Equal(existing.Origin, Read(Minimal, existing).Application.Origin);
        Assert.Null(Read("""{"type":"self_hosted","name":"x","domain":"x.test","origin":null}""", existing).Application.Origin);
    }

    [Theory]
    [InlineData("https://app.test")]
    [InlineData("app.test:99999")]
    [InlineData("a_b.test")]
    [InlineData("-a.test")]
    [InlineData("app.test/a//b")]
    [InlineData("app.test/../b")]
    [InlineData("app.test/a b")]
    [InlineData("app.test@evil.test")]
    [InlineData("a'b.test")]
    [InlineData("$(id).test")]
    [InlineData("a;b.test")]
    [InlineData("a&b.test")]
    [InlineData("`id`.test")]
    [InlineData("app.test/$(id)")]
    [InlineData("app.test/a;b")]
    [InlineData("app.test/`id`")]
    [InlineData("app.test?x")]
    [InlineData("app.test#x")]
    [InlineData("javascript:alert(1)")]
    [InlineData("file:///etc/passwd")]
    [InlineData("ä.test")]
    public void Read_DomainThatIsNone_IsRefused(string domain)
        => AssertRefused($$"""{"type":"self_hosted","name":"x","domain":"{{domain}}"}""", "/domain");

    [Theory]
    [InlineData("APP.test", "app.test")]
    [InlineData("app.test/", "app.test")]
    [InlineData("app.test/admin/*", "app.test/admin")]
    [InlineData("localhost:8700", "localhost:8700")]
    public void Read_Domain_IsNormalised(string domain, string normalised)
        => Assert.Equal(normalised, Read($$"""{"type":"self_hosted","name":"x","domain":"{{domain}}"}""").Application.Domain);

    [Theory]
    [InlineData("saas")]
    [InlineData("ssh")]
    [InlineData("infrastructure")]
    [InlineData("nonsense")]
    public void Read_TypeThatIsNotServed_IsRefused(string type)
        => AssertRefused($$"""{"type":"{{type}}","name":"x","domain":"x.test"}""", "/type");

    [Fact]
    public void Read_ReadOnlyFields_AreIgnored()
    {
        var (application, errors) = Read("""{"type":"self_hosted","name":"x","domain":"x.test","id":"1","aud":"evil","version":99,"created_at":"2001-01-01T00:00:00Z"}""");
        Assert.Empty(errors);
        Assert.Equal(new string('a', 64), application.Aud);
        Assert.Equal(0, application.Version);
    }

    [Fact]
    public void Read_SeveralErrors_AreAllTold()
    {
        var (_, errors) = Read("""{"type":"ssh","session_duration":"x","logo_url":5}""");
        Assert.Equal(["/type", "/name", "/domain", "/session_duration", "/logo_url"], errors.Select(error => error.Source!.Pointer));
    }

    [Fact]
    public void Read_ControlCharactersInTheName_AreRefused()
        => AssertRefused("""{"type":"self_hosted","name":"a\u0000b","domain":"x.test"}""", "/name");

    [Fact]
    public void Read_AddressOfAnotherApplication_IsRefused()
    {
        var other = Read(Minimal).Application with { Id = Guid.NewGuid() };
        var errors = new List<ApiError>();
        var kind = new ApplicationKind(Reader(), new PolicyKind(), new PolicyStreams(new PolicyKind(), TimeProvider.System));
        kind.Read(new BodyReader(JsonDocument.Parse(Minimal).RootElement, errors), Guid.NewGuid(), null, new ConfigurationDraft(ConfigurationState.Empty.With("application", other.Id, 1, 1, other)));
        Assert.Equal("/domain", Assert.Single(errors).Source!.Pointer);
    }

    private static string Oauth(string configuration) => $$"""{"type":"self_hosted","name":"x","domain":"x.test","oauth_configuration":{{configuration}}}""";

    private static void AssertRefused(string body, string pointer)
    {
        var error = Assert.Single(Read(body).Errors);
        Assert.Equal((12130, pointer), (error.Code, error.Source!.Pointer));
        Assert.StartsWith("access.api.error.invalid_request: ", error.Message, StringComparison.Ordinal);
    }

    private static (Application Application, List<ApiError> Errors) Read(string body, Application? existing = null)
    {
        var errors = new List<ApiError>();
        using var document = JsonDocument.Parse(body);
        var application = Reader().Read(new BodyReader(document.RootElement.Clone(), errors), existing?.Id ?? Guid.NewGuid(), new string('a', 64), existing, ConfigurationSnapshot.Empty);
        return (application, errors);
    }

    private static ApplicationReader Reader() => new(new OriginReader(new InternalAddresses(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
    {
        ["ConnectionStrings:managedoauth"] = "Host=127.0.0.1;Port=5433;Username=config;Password=x",
        ["ConnectionStrings:redis"] = "localhost:6390,password=x",
        ["services:token:grpc:0"] = "http://127.0.0.1:9203",
    }).Build())));
}
