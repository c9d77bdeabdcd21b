using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.OAuth;

namespace ManagedOAuth.Contracts.Tests.OAuth;

public sealed class RedirectRulesTests
{
    private static readonly DynamicClientRegistration s_localhost = new() { AllowAnyOnLocalhost = true };
    private static readonly DynamicClientRegistration s_loopback = new() { AllowAnyOnLoopback = true };
    private static readonly DynamicClientRegistration s_list = new()
    {
        AllowedUris = ["https://playground.test/*", "https://c.test/oauth/callback", "https://t.test/a/*", "https://p.test:8443/cb?x=1", "cursor://anysphere.cursor-mcp/oauth/callback", "com.example.app:/cb"],
    };

    [Theory]
    [InlineData("http://localhost:7777/cb")]
    [InlineData("http://localhost/cb")]
    [InlineData("http://LOCALHOST:1/cb")]
    [InlineData("https://localhost:8443/cb")]
    public void Localhost_ExactHost_IsAdmitted(string uri) => Assert.Null(RedirectRules.Problem(s_localhost, uri));

    [Theory]
    [InlineData("http://localhost.evil.test/cb")]
    [InlineData("http://localhost@evil.test/")]
    [InlineData("http://localhost%2eevil.test/")]
    [InlineData("http://127.0.0.1/cb")]
    [InlineData("http://[::1]/cb")]
    [InlineData("http://foo.localhost/cb")]
    [InlineData("http://localhost./cb")]
    [InlineData("http://localhost:0/cb")]
    [InlineData("http://localhost:/cb")]
    [InlineData("http://localhost:99999/cb")]
    [InlineData("http://localhost/../cb")]
    [InlineData("http://localhost/cb#f")]
    public void Localhost_AnythingElse_IsRefused(string uri) => Assert.NotNull(RedirectRules.Problem(s_localhost, uri));

    [Theory]
    [InlineData("http://127.0.0.1:5/cb")]
    [InlineData("http://127.0.0.1/any/path?with=query")]
    [InlineData("http://[::1]:5/cb")]
    public void Loopback_ExactHosts_AreAdmitted(string uri) => Assert.Null(RedirectRules.Problem(s_loopback, uri));

    [Theory]
    [InlineData("http://127.0.0.1.evil.test")]
    [InlineData("http://127.1")]
    [InlineData("http://2130706433")]
    [InlineData("http://0x7f000001")]
    [InlineData("http://[::ffff:127.0.0.1]")]
    [InlineData("http://[0:0:0:0:0:0:0:1]/cb")]
    [InlineData("http://0.0.0.0")]
    [InlineData("http://127.0.0.2")]
    [InlineData("http://localhost")]
    public void Loopback_OtherSpellings_AreRefused(string uri) => Assert.NotNull(RedirectRules.Problem(s_loopback, uri));

    [Theory]
    [InlineData("https://playground.test/oauth/callback")]
    [InlineData("https://playground.test/")]
    [InlineData("https://playground.test")]
    [InlineData("https://playground.test:443/x")]
    [InlineData("https://PLAYGROUND.test/x")]
    [InlineData("https://playground.test/x?y=z")]
    [InlineData("https://c.test/oauth/callback")]
    [InlineData("https://t.test/a/b/c")]
    [InlineData("https://p.test:8443/cb?x=1")]
    [InlineData("cursor://anysphere.cursor-mcp/oauth/callback")]
    [InlineData("com.example.app:/cb")]
    public void AllowedUris_ListedOrBelow_AreAdmitted(string uri) => Assert.Null(RedirectRules.Problem(s_list, uri));

    [Theory]
    [InlineData("https://evil.test/cb")]
    [InlineData("https://playground.test.evil.test/x")]
    [InlineData("https://playground.test@evil.test/x")]
    [InlineData("https://playground.test\\@evil.test/x")]
    [InlineData("https://evil.test/https://playground.test/")]
    [InlineData("https://playground.test:444/x")]
    [InlineData("https://playground.test./x")]
    [InlineData("http://playground.test/x")]
    [InlineData("https://pl\u0430yground.test/x")]
    [InlineData("https://playground.test/../x")]
    [InlineData("https://playground.test/a/%2e%2e/x")]
    [InlineData("https://playground.test/a%2fb")]
    [InlineData("https://playground.test//x")]
    [InlineData("https://playground.test/*")]
    [InlineData("https://c.test/oauth/callback/")]
    [InlineData("https://c.test/oauth/callback?x=1")]
    [InlineData("https://c.test/oauth/CALLBACK")]
    [InlineData("https://t.test/a")]
    [InlineData("https://t.test/ab/c")]
    [InlineData("https://t.test/a/..;/b")]
    [InlineData("https://p.test:8443/cb")]
    [InlineData("CURSOR://anysphere.cursor-mcp/oauth/callback")]
    [InlineData("cursor://anysphere.cursor-mcp/oauth/callback2")]
    [InlineData("http://localhost:5/cb")]
    public void AllowedUris_AnythingElse_IsRefused(string uri) => Assert.NotNull(RedirectRules.Problem(s_list, uri));

    [Theory]
    [InlineData("javascript:alert(1)")]
    [InlineData("JaVaScRiPt:alert(1)")]
    [InlineData("java%0ascript:alert(1)")]
    [InlineData(" data:text/html,x")]
    [InlineData("data:text/html,x")]
    [InlineData("vbscript:x")]
    [InlineData("blob:https://a.test/x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("about:blank")]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("/cb")]
    [InlineData("*")]
    [InlineData("https://*/cb")]
    [InlineData("https:///cb")]
    [InlineData("https://a.test/\r\nX: y")]
    [InlineData("https://a.test/%0d%0aX")]
    [InlineData("https://a.test/%zz")]
    [InlineData("http://a.test/cb")]
    public void Format_DangerousOrBroken_IsRefused(string uri) => Assert.NotNull(RedirectUriFormat.Problem(uri));

    [Fact]
    public void Format_Custom_AllowsTwoKindsOfScheme()
    {
        Assert.Null(RedirectUriFormat.Problem("com.example.app:/cb"));
        Assert.Null(RedirectUriFormat.Problem("cursor://host/cb"));
    }

    [Theory]
    [InlineData("https://a.test/*")]
    [InlineData("https://a.test/x/*")]
    [InlineData("https://a.test/cb?x=1")]
    [InlineData("com.example.app:/cb")]
    public void AllowedUri_GoodEntries_AreRead(string entry) => Assert.True(AllowedUri.TryParse(entry, out _, out _));

    [Theory]
    [InlineData("https://*.a.test/cb")]
    [InlineData("https://a.test/*/cb")]
    [InlineData("https://a.test/x*")]
    [InlineData("https://a.test/x?y=/*")]
    [InlineData("http://a.test/cb")]
    [InlineData("http://localhost/cb")]
    [InlineData("https://u:p@a.test/cb")]
    [InlineData("https://a.test/cb#f")]
    [InlineData("cursor://x/*")]
    [InlineData("javascript:x")]
    [InlineData("https://a.test/../*")]
    [InlineData("a.test/cb")]
    [InlineData(null)]
    public void AllowedUri_BadEntries_AreRefusedWithAReason(string? entry)
    {
        Assert.False(AllowedUri.TryParse(entry, out _, out var problem));
        Assert.NotEmpty(problem);
    }

    [Theory]
    [InlineData("http://127.0.0.1/cb", "http://127.0.0.1:61023/cb", true)]
    [InlineData("http://127.0.0.1:1234/cb", "http://127.0.0.1:59999/cb", true)]
    [InlineData("http://127.0.0.1:1234/cb", "http://127.0.0.1/cb", true)]
    [InlineData("http://localhost:1/cb?a=b", "http://localhost:2/cb?a=b", true)]
    [InlineData("http://[::1]:1/cb", "http://[::1]:2/cb", true)]
    [InlineData("http://127.0.0.1/cb", "http://127.0.0.1:61023/cb?bar=foo", false)]
    [InlineData("http://127.0.0.1/cb", "http://127.0.0.1:61023/other", false)]
    [InlineData("http://127.0.0.1/cb", "http://127.0.0.1:99999/cb", false)]
    [InlineData("http://127.0.0.1/cb", "http://localhost:61023/cb", false)]
    [InlineData("http://127.0.0.1/cb", "http://[::1]:61023/cb", false)]
    [InlineData("http://localhost/cb", "http://LOCALHOST:5/cb", false)]
    [InlineData("http://localhost/cb", "http://localhost.evil.test:5/cb", false)]
    [InlineData("http://localhost/cb", "http://localhost@evil.test/cb", false)]
    [InlineData("https://localhost:1/cb", "https://localhost:2/cb", false)]
    [InlineData("https://c.test/cb", "https://c.test/cb", true)]
    [InlineData("https://c.test/cb", "https://c.test/cb/", false)]
    [InlineData("https://c.test/cb", "https://c.test/cb?x=1", false)]
    [InlineData("https://c.test/cb", "https://c.test/CB", false)]
    [InlineData("https://c.test/cb", "https://c.test:443/cb", false)]
    [InlineData("https://c.test/cb", "HTTPS://c.test/cb", false)]
    [InlineData("https://c.test/cb", "https://c.test/cb ", false)]
    [InlineData("https://c.test/cb", "https://c.test/cb/../e", false)]
    public void SameRedirectUri_AllowsAnotherLoopbackPortOnly(string registered, string requested, bool same)
        => Assert.Equal(same, RedirectRules.SameRedirectUri(registered, requested));

    [Theory]
    [InlineData("https://a.test/cb", "a.test")]
    [InlineData("https://a.test:8443/cb", "a.test:8443")]
    [InlineData("http://localhost:5000/cb", "localhost:5000")]
    [InlineData("cursor://x/cb", "cursor:")]
    public void DisplayHost_ShowsWhatAUserCanRecognise(string uri, string shown) => Assert.Equal(shown, RedirectUriFormat.DisplayHost(uri));
}
