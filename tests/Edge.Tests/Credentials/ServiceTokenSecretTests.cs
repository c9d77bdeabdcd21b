using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Edge.Credentials;

namespace ManagedOAuth.Edge.Tests.Credentials;

public class ServiceTokenSecretTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Secret_CurrentOne_Matches() => Assert.True(ServiceTokenSecret.Matches(Token(), "new", s_now));

    [Theory]
    [InlineData("")]
    [InlineData("New")]
    [InlineData("new ")]
    [InlineData("old")]
    public void Secret_Other_DoesNot(string secret) => Assert.False(ServiceTokenSecret.Matches(Token(), secret, s_now));

    [Fact]
    public void Secret_BeforeTheRotation_MatchesUntilItsEnd()
    {
        var token = Token() with { PreviousSecretHash = Hash("old"), PreviousSecretExpiresAt = s_now };

        Assert.True(ServiceTokenSecret.Matches(token, "old", s_now.AddSeconds(-1)));
        Assert.False(ServiceTokenSecret.Matches(token, "old", s_now));
        Assert.True(ServiceTokenSecret.Matches(token, "new", s_now));
    }

    [Theory]
    [InlineData("")]
    [InlineData("zz")]
    [InlineData("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz")]
    public void Hash_ThatIsNone_MatchesNothing(string hash) => Assert.False(ServiceTokenSecret.Matches(Token() with { SecretHash = hash }, "new", s_now));

    private static ServiceToken Token() => new() { Id = Guid.NewGuid(), Name = "t", ClientId = "c", SecretHash = Hash("new") };

    private static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
