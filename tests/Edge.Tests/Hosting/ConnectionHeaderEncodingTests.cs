using System.Text;
using ManagedOAuth.Edge.Hosting;

namespace ManagedOAuth.Edge.Tests.Hosting;

public class ConnectionHeaderEncodingTests
{
    [Theory]
    [InlineData("keep-alive", "")]
    [InlineData("Keep-Alive", "")]
    [InlineData("close", "close, keep-alive")]
    [InlineData("Upgrade", "Upgrade, keep-alive")]
    [InlineData("X-Other", "X-Other")]
    [InlineData("keep-alive, Upgrade", "Upgrade, keep-alive")]
    [InlineData("Keep-Alive, X-Other", "X-Other")]
    [InlineData("close,X-Other", "close, X-Other, keep-alive")]
    [InlineData("X-Other ,, UPGRADE", "X-Other, UPGRADE, keep-alive")]
    [InlineData("X-\u00fc,close", "X-\u00fc, close, keep-alive")]
    [InlineData("", "")]
    public void Value_KeepsEveryNameThatIsNoOption(string sent, string read)
        => Assert.Equal(read, ConnectionHeaderEncoding.Instance.GetString(Encoding.Latin1.GetBytes(sent)));
}
