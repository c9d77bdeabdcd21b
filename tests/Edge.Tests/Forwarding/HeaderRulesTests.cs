using ManagedOAuth.Edge.Forwarding;

namespace ManagedOAuth.Edge.Tests.Forwarding;

public class HeaderRulesTests
{
    [Theory]
    [InlineData("Cf-Access-Jwt-Assertion")]
    [InlineData("CF_ACCESS_JWT_ASSERTION")]
    [InlineData("cf.access.jwt.assertion")]
    [InlineData("Cf-Access_Authenticated.User-Email")]
    [InlineData("Cf-Access-Anything")]
    [InlineData("X-ManagedOAuth-Service")]
    [InlineData("x_managedoauth_origin")]
    [InlineData("Client-Cert")]
    [InlineData("X-SSL-Client-CN")]
    [InlineData("Remote_User")]
    public void Name_ThatCarriesIdentity_InEverySpelling(string name) => Assert.Equal(HeaderKind.Identity, HeaderRules.Classify(name));

    [Theory]
    [InlineData("Forwarded")]
    [InlineData("X-Forwarded-For")]
    [InlineData("X-Forwarded-User")]
    [InlineData("x_forwarded_host")]
    [InlineData("X-Original-URL")]
    [InlineData("X-Rewrite-Url")]
    [InlineData("X-Replaced-Path")]
    [InlineData("True-Client-IP")]
    [InlineData("CF-Connecting-IP")]
    [InlineData("X-Real-IP")]
    public void Name_ThatSaysWhereARequestCameFrom(string name) => Assert.Equal(HeaderKind.Forwarding, HeaderRules.Classify(name));

    [Theory]
    [InlineData("Connection")]
    [InlineData("keep-alive")]
    [InlineData("TE")]
    [InlineData("Transfer-Encoding")]
    [InlineData("Transfer_Encoding")]
    [InlineData("Upgrade")]
    [InlineData("HTTP2-Settings")]
    [InlineData("Proxy-Authorization")]
    [InlineData(":authority")]
    public void Name_OfOneConnection(string name) => Assert.Equal(HeaderKind.HopByHop, HeaderRules.Classify(name));

    [Theory]
    [InlineData("Accept")]
    [InlineData("Mcp-Session-Id")]
    [InlineData("MCP-Protocol-Version")]
    [InlineData("Mcp-Param-Anything")]
    [InlineData("Last-Event-ID")]
    [InlineData("Sec-WebSocket-Key")]
    [InlineData("X-HTTP-Method-Override")]
    [InlineData("Cf-Acces")]
    [InlineData("X-A-Name-That-Is-Very-Much-Longer-Than-Any-Header-Name-Which-Is-Known-To-The-Table")]
    public void Name_Ordinary_Passes(string name) => Assert.Equal(HeaderKind.Plain, HeaderRules.Classify(name));

    [Theory]
    [InlineData("Authorization", nameof(HeaderKind.Authorization))]
    [InlineData("cookie", nameof(HeaderKind.Cookie))]
    [InlineData("Host", nameof(HeaderKind.Host))]
    [InlineData("Content-Length", nameof(HeaderKind.ContentLength))]
    [InlineData("Content_Length", nameof(HeaderKind.Forwarding))]
    [InlineData("traceparent", nameof(HeaderKind.Trace))]
    [InlineData("Baggage", nameof(HeaderKind.Trace))]
    public void Name_WithATaskOfItsOwn(string name, string kind) => Assert.Equal(kind, HeaderRules.Classify(name).ToString());

    [Theory]
    [InlineData("Cf-Access-Jwt-Assertion", true)]
    [InlineData("Connection", true)]
    [InlineData("Trailer", false)]
    [InlineData("WWW-Authenticate", false)]
    [InlineData("X-Accel-Buffering", false)]
    public void ResponseName_OfTheOrigin_IsDroppedOrKept(string name, bool dropped) => Assert.Equal(dropped, HeaderRules.IsDroppedFromResponse(name));
}
