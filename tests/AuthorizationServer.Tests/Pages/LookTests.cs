using ManagedOAuth.AuthorizationServer.Pages;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.AuthorizationServer.Tests.Pages;

/// <summary>The organization's own look never makes a page unreadable, and brings no markup.</summary>
public sealed class LookTests
{
    [Theory]
    [InlineData("#ffffff", "#1a202c", "--on-around:#1a202c")]
    [InlineData("#ffffff", "#eeeeee", "--on-around:#111418")]
    [InlineData("#101020", "#202030", "--on-around:#ffffff")]
    [InlineData("#0b5fff", "", "--on-around:#ffffff")]
    [InlineData("#ffd500", "", "--on-around:#111418")]
    public void Text_IsReadableOnItsBackground(string background, string text, string expected)
        => Assert.Contains(expected, Style(new LoginDesign { BackgroundColor = background, TextColor = text }), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("red")]
    [InlineData("#12345g")]
    [InlineData("#123}b{")]
    public void WhatIsNoColour_IsNoStyle(string background) => Assert.Empty(Style(new LoginDesign { BackgroundColor = background, TextColor = "#000000" }));

    [Fact]
    public void Texts_AreEncoded_AndALogoNeedsHttps()
    {
        var look = Look.Of(Organization(new LoginDesign { HeaderText = "<b>Hi</b>", FooterText = "a & b", LogoPath = "javascript:alert(1)" }));
        Assert.Null(look.Logo);
        Assert.Equal("<header><p class=\"organization\">Team &lt;1&gt;</p><p>&lt;b&gt;Hi&lt;/b&gt;</p></header>", look.Header().ToString());
        Assert.Equal("<p>a &amp; b</p>", look.Footer().ToString());
        Assert.Equal("", Look.Of(null).Header().ToString());
    }

    [Fact]
    public void Logo_HasTheOrganizationsName()
        => Assert.Contains("<img class=\"logo\" src=\"https://example.com/logo.svg\" alt=\"Team &lt;1&gt;\">", Look.Of(Organization(new LoginDesign { LogoPath = "https://example.com/logo.svg" })).Header().ToString(), StringComparison.Ordinal);

    private static string Style(LoginDesign design) => Look.Of(Organization(design)).Style().ToString();

    private static Organization Organization(LoginDesign design) => new() { Id = Guid.NewGuid(), Name = "Team <1>", AuthDomain = "https://team.test", LoginDesign = design };
}
