using ManagedOAuth.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http;

namespace ManagedOAuth.ServiceDefaults.Tests.Http;

public class PageSecurityTests
{
    [Fact]
    public void Apply_NothingAllowed_ForbidsEverything()
    {
        var headers = Apply(_ => { });
        Assert.Equal("default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'", headers.ContentSecurityPolicy);
        Assert.Equal("DENY", headers.XFrameOptions);
        Assert.Equal("nosniff", headers.XContentTypeOptions);
        Assert.Equal("no-referrer", headers["Referrer-Policy"]);
        Assert.Equal("same-origin", headers["Cross-Origin-Opener-Policy"]);
        Assert.Equal("no-store", headers.CacheControl);
        Assert.Contains("camera=()", headers["Permissions-Policy"].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Apply_NonceRead_AllowsExactlyThatScript()
    {
        string? nonce = null;
        var policy = Apply(page => nonce = page.Nonce).ContentSecurityPolicy.ToString();
        Assert.Contains($"script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'", policy, StringComparison.Ordinal);
        Assert.Equal(16, Convert.FromBase64String(nonce!).Length);
        Assert.NotEqual(nonce, new PageSecurity().Nonce);
    }

    [Theory]
    [InlineData("https://client.example:8443/callback?x=1", "https://client.example:8443")]
    [InlineData("http://127.0.0.1:33418/cb", "http://127.0.0.1:33418")]
    [InlineData("http://[::1]:33418/cb", "http:")]
    [InlineData("cursor://anysphere.cursor-retrieval/oauth", "cursor:")]
    [InlineData("com.example.app:/cb", "com.example.app:")]
    public void Apply_FormRedirect_AllowsItsOriginOrScheme(string target, string source)
    {
        var policy = Apply(page => page.AllowFormRedirect(new Uri(target))).ContentSecurityPolicy.ToString();
        Assert.Contains($"form-action 'self' {source}", policy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://a;script-src */")]
    [InlineData("https://a,b/")]
    public void AllowFormRedirect_HostThatWouldEndTheDirective_IsRefused(string target)
    {
        if (Uri.TryCreate(target, UriKind.Absolute, out var uri))
        {
            Assert.Throws<ArgumentException>(() => new PageSecurity().AllowFormRedirect(uri));
        }
    }

    [Fact]
    public void Apply_OpenerAllowed_KeepsTheTieToThePopupsWindow() =>
        Assert.Equal("unsafe-none", Apply(page => page.AllowOpener())["Cross-Origin-Opener-Policy"]);

    [Fact]
    public void Apply_OwnCacheControl_Stays()
    {
        var headers = Apply(_ => { }, response => response.Headers.CacheControl = "public, max-age=60");
        Assert.Equal("public, max-age=60", headers.CacheControl);
    }

    [Fact]
    public void Apply_ImagesStylesConnections_AreNamed()
    {
        var policy = Apply(page => page.AllowImages().AllowImages(new Uri("https://logo.example/x.png")).AllowOwnStyles().AllowOwnConnections().AllowForms())
            .ContentSecurityPolicy.ToString();
        Assert.EndsWith("form-action 'self'; style-src 'self'; img-src 'self' https://logo.example; connect-src 'self'", policy, StringComparison.Ordinal);
    }

    private static IHeaderDictionary Apply(Action<PageSecurity> allow, Action<HttpResponse>? before = null)
    {
        var context = new DefaultHttpContext();
        before?.Invoke(context.Response);
        var page = new PageSecurity();
        allow(page);
        page.Apply(context.Response);
        return context.Response.Headers;
    }
}
