using ManagedOAuth.Contracts.Portals;

namespace ManagedOAuth.Contracts.Tests.Portals;

public sealed class PortalNamesTests
{
    [Theory]
    [InlineData("gh", true)]
    [InlineData("gh-2", true)]
    [InlineData("portal", false)]
    [InlineData("gh_admin", false)]
    [InlineData("GH", false)]
    [InlineData("gh-", false)]
    [InlineData("-gh", false)]
    [InlineData("", false)]
    [InlineData("😀", false)]
    [InlineData("abcdefghijklmnopqrstuvwxyz012345", true)]
    [InlineData("abcdefghijklmnopqrstuvwxyz0123456", false)]
    public void ServerId_HasNoUnderscoreAndIsNotThePortals(string id, bool allowed) => Assert.Equal(allowed, PortalNames.IsServerId(id));

    [Theory]
    [InlineData("find", true)]
    [InlineData("find_it-now", true)]
    [InlineData("find__it", false)]
    [InlineData("_find", false)]
    [InlineData("find-", false)]
    [InlineData("find it", false)]
    [InlineData("", false)]
    [InlineData("a123456789012345678901234567890123456789", true)]
    [InlineData("a1234567890123456789012345678901234567890", false)]
    public void Alias_IsLettersAndDigitsWithSingleSeparators(string alias, bool allowed) => Assert.Equal(allowed, PortalNames.IsAlias(alias));

    [Theory]
    [InlineData("gh_admin_x", "gh", "admin_x")]
    [InlineData("gh-admin_x", "gh-admin", "x")]
    [InlineData("gh__x", "gh", "_x")]
    public void Split_IsAtTheFirstUnderscore(string name, string server, string tool)
    {
        Assert.True(PortalNames.TrySplit(name, out var id, out var rest));
        Assert.Equal((server, tool), (id, rest));
        Assert.Equal(name, PortalNames.Join(id, rest));
    }

    [Theory]
    [InlineData("search")]
    [InlineData("_search")]
    [InlineData("gh_")]
    [InlineData("")]
    public void Split_WithoutServerOrName_IsNone(string name) => Assert.False(PortalNames.TrySplit(name, out _, out _));
}
