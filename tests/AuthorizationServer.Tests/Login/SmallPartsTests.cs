using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.Login;
using ManagedOAuth.AuthorizationServer.Pages;
using ManagedOAuth.AuthorizationServer.Pin;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Testing;

namespace ManagedOAuth.AuthorizationServer.Tests.Login;

public sealed class SmallPartsTests
{
    [Theory]
    [InlineData(" Alice@Example.COM ", "alice@example.com")]
    [InlineData("a.b+tag@x-y.co", "a.b+tag@x-y.co")]
    [InlineData("user@localhost", "user@localhost")]
    public void EmailAddress_Ordinary_IsNormalised(string text, string normalised)
    {
        Assert.True(EmailAddress.TryNormalize(text, out var email));
        Assert.Equal(normalised, email);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("@example.com")]
    [InlineData("a@")]
    [InlineData("a@b@example.com")]
    [InlineData("\"a b\"@example.com")]
    [InlineData("a..b@example.com")]
    [InlineData(".a@example.com")]
    [InlineData("a@exa mple.com")]
    [InlineData("a@-example.com")]
    [InlineData("a@example..com")]
    [InlineData("a@example.com\r\nBcc: b@example.com")]
    [InlineData("a@example.com>")]
    [InlineData("\u0430@example.com")]
    [InlineData("a@ex\u0430mple.com")]
    [InlineData("a@\u212Aelvin.com")]
    public void EmailAddress_AnythingElse_IsRefused(string? text) => Assert.False(EmailAddress.TryNormalize(text, out _));

    [Theory]
    [InlineData("https://c.test/cb", "https://c.test/cb?code=x&state=a%20%26b")]
    [InlineData("https://c.test/cb?a=b", "https://c.test/cb?a=b&code=x&state=a%20%26b")]
    [InlineData("https://c.test/cb?", "https://c.test/cb?code=x&state=a%20%26b")]
    [InlineData("com.example.app:/cb", "com.example.app:/cb?code=x&state=a%20%26b")]
    public void RedirectTarget_KeepsTheUriAndAddsToItsQuery(string uri, string target)
        => Assert.Equal(target, RedirectTarget.With(uri, ("code", "x"), ("state", "a &b"), ("iss", null)));

    [Theory]
    [InlineData("http://localhost:8702", "CF_Flow_8702")]
    [InlineData("https://team.test", "__Host-CF_Flow")]
    [InlineData("https://team.test:8443", "__Host-CF_Flow_8443")]
    [InlineData("http://[::1]", "CF_Flow")]
    [InlineData("http://[::1]:80", "CF_Flow_80")]
    public void TeamCookies_NameCarriesPortAndHostPrefix(string origin, string name) => Assert.Equal(name, TeamCookies.NameOf("CF_Flow", origin));

    [Theory]
    [InlineData("/", "https://a.test", "/")]
    [InlineData("/x?y=%20z", "https://a.test", "/x?y=%20z")]
    [InlineData("https://a.test/x", "https://a.test", "/x")]
    [InlineData("https://a.test", "https://a.test", "/")]
    [InlineData("http://localhost:8700/x", "http://localhost:8700", "/x")]
    public void ReadEnd_OwnAddresses_AreTaken(string url, string origin, string path)
    {
        var end = BrowserLoginEndpoint.ReadEnd(TwoAddresses(), url, "s");
        Assert.NotNull(end);
        Assert.Equal((origin, path, "s"), (end.Origin, end.ReturnPath, end.State));
    }

    [Theory]
    [InlineData("//evil.test")]
    [InlineData("/\\evil.test")]
    [InlineData("/\t/evil.test")]
    [InlineData("/ /evil.test")]
    [InlineData("https:evil.test")]
    [InlineData("http:///evil.test")]
    [InlineData("\t//evil")]
    [InlineData("https://evil.test/")]
    [InlineData("https://a.test.evil.test/")]
    [InlineData("https://a.test@evil.test/")]
    [InlineData("https://a.test//evil.test")]
    [InlineData("")]
    [InlineData("/\u00e9")]
    [InlineData("/\r\nX: y")]
    public void ReadEnd_AnotherHost_IsRefused(string url) => Assert.Null(BrowserLoginEndpoint.ReadEnd(TwoAddresses(), url, "s"));

    [Fact]
    public void ReadEnd_LongState_IsRefused() => Assert.Null(BrowserLoginEndpoint.ReadEnd(TwoAddresses(), "/", new string('x', 513)));

    [Theory]
    [InlineData("123456", "123456")]
    [InlineData(" 123 456 ", "123456")]
    [InlineData("123-456", "123456")]
    [InlineData("12345", null)]
    [InlineData("1234567", null)]
    [InlineData("\u0661\u0662\u0663\u0664\u0665\u0666", null)]
    [InlineData(null, null)]
    public void PinCodes_Read_TakesWhatPeopleType(string? typed, string? pin) => Assert.Equal(pin, PinCodes.Read(typed));

    [Fact]
    public void Secrets_AreNeverTwice_HaveNoBias_AndNoOrder()
    {
        Assert.Null(RandomTexts.FaultOf(5000, 43, AuthorizationServer.Login.Provider.ProviderStates.NewId));

        // Six digits are equally likely: each of ten first digits comes about as often as any other.
        var pins = Enumerable.Range(0, 20_000).Select(_ => PinCodes.New()).ToList();
        Assert.All(pins.CountBy(pin => pin[0]), digit => Assert.InRange(digit.Value, 1700, 2300));
        Assert.All(pins.CountBy(pin => pin[5]), digit => Assert.InRange(digit.Value, 1700, 2300));
    }

    [Fact]
    public void PinCodes_Hash_DependsOnEverything()
    {
        string[] hashes =
        [
            PinCodes.HashOf("123456", "cookie", "tx", 1, "a@b"),
            PinCodes.HashOf("123457", "cookie", "tx", 1, "a@b"),
            PinCodes.HashOf("123456", "cookie2", "tx", 1, "a@b"),
            PinCodes.HashOf("123456", "cookie", "tx2", 1, "a@b"),
            PinCodes.HashOf("123456", "cookie", "tx", 2, "a@b"),
            PinCodes.HashOf("123456", "cookie", "tx", 1, "b@b"),
        ];
        Assert.Distinct(hashes);
    }

    [Fact]
    public void FlowCookie_Mac_KeepsTextsApart()
    {
        Assert.NotEqual(FlowCookie.Mac("k", "ab", "c"), FlowCookie.Mac("k", "a", "bc"));
        Assert.True(FlowCookie.IsMac(FlowCookie.Mac("k", "a"), "k", "a"));
        Assert.False(FlowCookie.IsMac(null, "k", "a"));
        Assert.False(FlowCookie.IsMac("", "k", "a"));
        Assert.False(FlowCookie.IsMac(FlowCookie.Mac("k2", "a"), "k", "a"));
    }

    [Fact]
    public void Html_Values_AreEncodedAndMarkupIsNot()
    {
        var inner = Html.Of($"<b>{"<i>&\"'"}</b>");
        Assert.Equal("<p title=\"&lt;i&gt;\"><b>&lt;i&gt;&amp;&quot;&#x27;</b>5</p>", Html.Of($"<p title=\"{"<i>"}\">{inner}{5}</p>").ToString());
    }

    [Fact]
    public void OutgoingMail_Printed_ShowsNothing()
    {
        var mail = PinMail.For("a@b.test", "123456", "App\r\nBcc: x@y.test", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddMinutes(10));
        Assert.Contains("\nYour code is 123456\n", mail.Text.ReplaceLineEndings("\n"));
        Assert.Contains("valid for 10 minutes", mail.Text);
        Assert.DoesNotContain("123456", mail.ToString());
        Assert.DoesNotContain("123456", mail.Subject);
    }

    private static Application TwoAddresses() => new()
    {
        Id = Guid.NewGuid(),
        Aud = "aud",
        Name = "A",
        Domain = "a.test",
        Destinations = [new("public", "localhost:8700")],
    };
}
