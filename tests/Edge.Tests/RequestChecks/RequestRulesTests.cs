using ManagedOAuth.Edge.RequestChecks;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Http;

namespace ManagedOAuth.Edge.Tests.RequestChecks;

public class RequestRulesTests
{
    [Fact]
    public void Rules_EachHasAnIdOfItsOwnAndASpec()
    {
        var all = RequestRules.Always.Concat(RequestRules.Strict).ToList();

        Assert.Equal(all.Count, all.Select(rule => rule.Id).Distinct().Count());
        Assert.All(all, rule => Assert.Matches("RFC \\d+ §", rule.Spec));
    }

    [Fact]
    public void Rules_AreInTheConformanceTable() => ConformanceTable.Verify(
        "edge",
        "services/Edge",
        [
            .. RequestRules.Always.Select(rule => new ConformanceRow("At every address", rule.Id, rule.Spec, rule.GetType())),
            .. RequestRules.Strict.Select(rule => new ConformanceRow("Where more than one decision hangs on the path", rule.Id, rule.Spec, rule.GetType())),
        ]);

    [Fact]
    public void Rules_EveryRuleOfTheAssemblyIsInExactlyOneList()
    {
        var listed = RequestRules.Always.Concat(RequestRules.Strict).Select(rule => rule.GetType().Name).Order();
        var existing = typeof(IRequestRule).Assembly.GetTypes().Where(type => type is { IsClass: true } && type.IsAssignableTo(typeof(IRequestRule))).Select(type => type.Name).Order();

        Assert.Equal(existing, listed);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/a/b?c=d&e=%20f")]
    [InlineData("/a//b/%7Euser/..%2f")]
    [InlineData("/x?q=a/../b\\c&t=%0a")]
    [InlineData("/caf%C3%A9")]
    [InlineData("/a;b=c/[x]|{y}\"z\"")]
    public void Target_OrdinaryOrMerelyOdd_PassesOnAnyHost(string target) => Assert.Null(Always(target));

    [Theory]
    [InlineData("/a#b", "target")]
    [InlineData("/a\u0001", "target")]
    [InlineData("/a\u007f", "target")]
    [InlineData("/a\u00e9", "target")]
    [InlineData("/a%", "target-escapes")]
    [InlineData("/a%z1", "target-escapes")]
    [InlineData("/a?b=%2", "target-escapes")]
    [InlineData("/%u002e", "target-escapes")]
    [InlineData("/admin%00/public", "target-escapes")]
    [InlineData("/x?y=%00", "target-escapes")]
    [InlineData("/a\\b", "path-backslash")]
    [InlineData("/a%0d%0aX:y", "path-controls")]
    [InlineData("/%01", "path-controls")]
    [InlineData("/%7f", "path-controls")]
    public void Target_Ambiguous_IsRefusedOnEveryHost(string target, string rule)
    {
        var refusal = Always(target);

        Assert.Equal(rule, refusal?.Rule);
        Assert.Equal(400, refusal?.Status);
    }

    [Theory]
    [InlineData("/public/../admin/x", "path-dots")]
    [InlineData("/public/%2e%2e/admin/x", "path-dots")]
    [InlineData("/public/.%2E/admin/x", "path-dots")]
    [InlineData("/./x", "path-dots")]
    [InlineData("/x/..", "path-dots")]
    [InlineData("/public/..;/admin/x", "path-dots")]
    [InlineData("/public/..%3bx/admin/x", "path-dots")]
    [InlineData("/public;a=b/../admin/x", "path-dots")]
    [InlineData("/public/..%2fadmin/x", "path-separators")]
    [InlineData("/public%2F..%2Fadmin", "path-separators")]
    [InlineData("/public/..%5cadmin/x", "path-separators")]
    [InlineData("/public/%c0%ae%c0%ae/admin", "path-utf8")]
    [InlineData("/%ff%fe", "path-utf8")]
    public void Path_WithTwoReadings_IsRefusedWhereDecisionsHangOnIt(string target, string rule)
    {
        Assert.Null(Always(target));
        Assert.Equal(rule, Strict(target)?.Rule);
    }

    [Theory]
    [InlineData("/a..b/c")]
    [InlineData("/.../x")]
    [InlineData("/.hidden")]
    [InlineData("/a;..;b")]
    [InlineData("/public/%252e%252e/admin")]
    [InlineData("/x?p=/../y")]
    [InlineData("//a//b")]
    public void Path_WithOneReading_PassesThere(string target) => Assert.Null(Strict(target));

    [Theory]
    [InlineData("GET", null)]
    [InlineData("PROPFIND", null)]
    [InlineData("TRACE", 405)]
    [InlineData("CONNECT", 405)]
    [InlineData("get", 400)]
    [InlineData("G(T", 400)]
    [InlineData("AVERYLONGMETHODTHATNOBODYHASEVERUSED", 400)]
    public void Method_IsServedOrNot(string method, int? status)
        => Assert.Equal(status, new MethodIsServed().Check(Head("/", method))?.Status);

    [Theory]
    [InlineData("a.test", true)]
    [InlineData("a.test:8443", true)]
    [InlineData("[::1]:80", true)]
    [InlineData("", false)]
    [InlineData("a.test, b.test", false)]
    [InlineData("a.test@b.test", false)]
    [InlineData("a.test#b", false)]
    [InlineData("a.test/b", false)]
    public void Host_IsOnePlainAuthority(string host, bool passes)
        => Assert.Equal(passes, new HostIsSingle().Check(Head("/", host: host)) is null);

    [Fact]
    public void Host_TwiceOrMissing_IsRefused()
    {
        var head = Head("/");
        head.Headers.Host = new(["a.test", "b.test"]);
        Assert.NotNull(new HostIsSingle().Check(head));

        head.Headers.Remove("Host");
        Assert.NotNull(new HostIsSingle().Check(head));
    }

    [Theory]
    [InlineData("chunked", null, "HTTP/1.1", true)]
    [InlineData("Chunked", null, "HTTP/1.1", true)]
    [InlineData(null, 5L, "HTTP/1.1", true)]
    [InlineData("identity, chunked", null, "HTTP/1.1", false)]
    [InlineData("chunked, identity", null, "HTTP/1.1", false)]
    [InlineData("xchunked", null, "HTTP/1.1", false)]
    [InlineData("chunked", 5L, "HTTP/1.1", false)]
    [InlineData("chunked", null, "HTTP/1.0", false)]
    [InlineData("chunked", null, "HTTP/2", false)]
    public void Framing_HasOneReading(string? encoding, long? length, string protocol, bool passes)
    {
        var head = Head("/", protocol: protocol);
        head.Headers.TransferEncoding = encoding;
        head.Headers.ContentLength = length;

        Assert.Equal(passes, new FramingIsUnambiguous().Check(head) is null);
    }

    [Theory]
    [InlineData("X-Ordinary_1.2", "v\tw", true)]
    [InlineData("X Odd", "v", false)]
    [InlineData("X!Odd", "v", false)]
    [InlineData("X-Odd", "a\rb", false)]
    [InlineData("X-Odd", "a\u0000b", false)]
    [InlineData(":path", "/", false)]
    public void Headers_ArePlain(string name, string value, bool passes)
    {
        var head = Head("/");
        head.Headers[name] = value;

        Assert.Equal(passes, new HeadersArePlain().Check(head) is null);
    }

    [Theory]
    [InlineData("Authorization")]
    [InlineData("CF-Access-Client-Id")]
    [InlineData("cf-access-token")]
    public void Credentials_Twice_AreRefused(string name)
    {
        var head = Head("/");
        head.Headers[name] = new(["a", "b"]);

        Assert.Equal("headers-once", new HeadersComeOnce().Check(head)?.Rule);
    }

    [Theory]
    [InlineData("/x", "/x")]
    [InlineData("http://a.test/x?y", "/x?y")]
    [InlineData("HTTP://A.TEST/x", "/x")]
    [InlineData("http://a.test", "/")]
    [InlineData("http://a.test?y", "/?y")]
    public void Target_OriginOrAbsoluteForm_IsRead(string raw, string expected)
    {
        Assert.True(RequestTarget.TryRead(raw, "a.test", out var target));
        Assert.Equal(expected, target.PathAndQuery);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("x")]
    [InlineData("a.test:443")]
    [InlineData("http://b.test/x")]
    [InlineData("http://a.test@b.test/x")]
    [InlineData("ftp://a.test/x")]
    public void Target_OtherFormOrOtherHost_IsNot(string raw) => Assert.False(RequestTarget.TryRead(raw, "a.test", out _));

    private static RequestRefusal? Always(string target) => RequestRules.Run(RequestRules.Always, Head(target));

    private static RequestRefusal? Strict(string target) => RequestRules.Run(RequestRules.Strict, Head(target));

    private static RequestHead Head(string target, string method = "GET", string protocol = "HTTP/1.1", string host = "a.test")
    {
        Assert.True(RequestTarget.TryRead(target, host, out var read));
        return new RequestHead(protocol, method, read, new HeaderDictionary { ["Host"] = host });
    }
}
