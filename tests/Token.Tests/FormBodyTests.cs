using System.Text;
using ManagedOAuth.Token.TokenEndpoint;

namespace ManagedOAuth.Token.Tests;

public class FormBodyTests
{
    [Fact]
    public void Body_WithEscapes_IsDecoded()
    {
        Assert.True(Parse("a=1&b=x+y&code_verifier=%7Ez&empty=&flag&u=%C3%A9", out var form));
        Assert.Equal(("1", "x y", "~z", "é"), (form["a"], form["b"], form["code_verifier"], form["u"]));
        Assert.Null(form["empty"]);
        Assert.Null(form["flag"]);
        Assert.Null(form["missing"]);
    }

    [Theory]
    [InlineData("a=%")]
    [InlineData("a=%4")]
    [InlineData("a=%zz")]
    [InlineData("a=%00")]
    [InlineData("a=%0a")]
    [InlineData("a=%ff")]
    [InlineData("a=%C3")]
    [InlineData("%ff=a")]
    public void Body_ThatCanBeReadInTwoWays_IsRefused(string body) => Assert.False(Parse(body, out _));

    [Fact]
    public void Body_WithVeryManyParameters_IsRefused()
        => Assert.False(Parse(string.Join('&', Enumerable.Range(0, 101).Select(number => $"p{number}=1")), out _));

    [Theory]
    [InlineData("Basic Y2xpZW50OnNlY3JldA==", "client", "secret")]
    [InlineData("basic Y2xpZW50Og==", "client", null)]
    [InlineData("Basic YSUzQWI6Yys=", "a:b", "c ")]
    public void BasicCredentials_FormEncoded_AreDecoded(string header, string id, string? secret)
    {
        var credentials = ClientCredentials.FromBasic(header);
        Assert.Equal((id, secret), (credentials?.ClientId, credentials?.Secret));
    }

    [Theory]
    [InlineData("Basic !!!")]
    [InlineData("Basic bm9jb2xvbg==")]
    [InlineData("Basic OnNlY3JldA==")]
    [InlineData("Bearer abc")]
    [InlineData("Basic")]
    public void BasicCredentials_Malformed_AreNone(string header) => Assert.Null(ClientCredentials.FromBasic(header));

    [Fact]
    public void Credentials_AsText_HoldNoSecret()
        => Assert.DoesNotContain("hunter2", new ClientCredentials("c", "hunter2", "client_secret_post").ToString(), StringComparison.Ordinal);

    private static bool Parse(string body, out FormBody form)
    {
        var read = FormBody.TryParse(Encoding.UTF8.GetBytes(body), out var parsed);
        form = parsed ?? new FormBody();
        return read;
    }
}
