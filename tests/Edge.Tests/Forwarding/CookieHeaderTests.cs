using ManagedOAuth.Edge.Forwarding;

namespace ManagedOAuth.Edge.Tests.Forwarding;

public class CookieHeaderTests
{
    [Theory]
    [InlineData("a=1; b=2", "a=1; b=2")]
    [InlineData("CF_Authorization=x", null)]
    [InlineData("a=1; CF_Authorization_8700=x; b=2", "a=1; b=2")]
    [InlineData("CF_Authorization=x; a=1", "a=1")]
    [InlineData("a=1;CF_AppSession_1=x;b=2", "a=1;b=2")]
    [InlineData("cf_authorization=x; cf.auth=y; CF-X=z; a=1", "a=1")]
    [InlineData("CF%5FAuthorization=x; a=1", "a=1")]
    [InlineData("__Host-CF_TeamSession=x; __host-cf_flow_8443=y; __Host-own=1", "__Host-own=1")]
    [InlineData("cfx=1; acf_=2", "cfx=1; acf_=2")]
    [InlineData("a=\"q;CF_x=1\"", "a=\"q")]
    [InlineData("", null)]
    public void OurCookies_AreTakenOut_TheRestIsUntouched(string header, string? expected)
        => Assert.Equal(expected, CookieHeader.WithoutReserved(header));

    [Fact]
    public void SplitHeader_IsOneAgain() => Assert.Equal("a=1; b=2", CookieHeader.WithoutReserved(new(["a=1", "CF_x=3", "b=2"])));

    [Theory]
    [InlineData("CF_A=1", "1")]
    [InlineData("x=0; CF_A=1; CF_AB=2", "1")]
    [InlineData("CF_A=\"1\"", "1")]
    [InlineData("CF_A=1; CF_A=1", "1")]
    public void Cookie_IsFoundByItsWholeName(string header, string value)
    {
        Assert.True(CookieHeader.TryGet(header, "CF_A", out var found, out var ambiguous));
        Assert.Equal(value, found);
        Assert.False(ambiguous);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("CF_AB=1", false)]
    [InlineData("cf_a=1", false)]
    [InlineData("CF_A=", false)]
    [InlineData("CF_A=1; CF_A=2", true)]
    public void Cookie_AbsentOrTwice_IsNone(string header, bool isAmbiguous)
    {
        Assert.False(CookieHeader.TryGet(header, "CF_A", out _, out var ambiguous));
        Assert.Equal(isAmbiguous, ambiguous);
    }
}
