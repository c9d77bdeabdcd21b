using ManagedOAuth.Edge.Sessions;

namespace ManagedOAuth.Edge.Tests.Sessions;

public class LoginTransactionTests
{
    private static readonly Guid s_application = Guid.NewGuid();

    [Fact]
    public void Cookie_ReadWithItsState_GivesTheLoginBack()
    {
        var login = LoginTransaction.Begin(s_application, "/orders?id=1");

        Assert.True(LoginTransaction.IsState(login.State));
        Assert.True(LoginTransaction.TryRead(login.CookieValue, login.State, out var read));
        Assert.Equal(login, read);
    }

    [Fact]
    public void Cookie_OfAnotherLogin_IsNotRead()
    {
        var (mine, theirs) = (LoginTransaction.Begin(s_application, "/"), LoginTransaction.Begin(s_application, "/"));

        Assert.False(LoginTransaction.TryRead(mine.CookieValue, theirs.State, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.b.c")]
    [InlineData("..")]
    public void Cookie_Damaged_IsNotRead(string cookie) => Assert.False(LoginTransaction.TryRead(cookie, LoginTransaction.Begin(s_application, "/").State, out _));

    [Theory]
    [InlineData("//evil.test")]
    [InlineData("/\\evil.test")]
    [InlineData("/x?y=\\z")]
    [InlineData("https://evil.test")]
    [InlineData("")]
    [InlineData("/a b")]
    [InlineData("/a\r\nLocation: x")]
    public void Target_OffThisHost_BecomesItsRoot(string path) => Assert.Equal("/", LoginTransaction.Begin(s_application, path).PathAndQuery);

    [Fact]
    public void Target_TooLongToRemember_BecomesTheRoot()
        => Assert.Equal("/", LoginTransaction.Begin(s_application, "/" + new string('a', 1500)).PathAndQuery);
}
