using ManagedOAuth.Contracts.Tokens;
using ManagedOAuth.Testing;
using ManagedOAuth.Token.Refresh;
using ManagedOAuth.Token.Secrets;
using ManagedOAuth.Token.Tests.Support;

namespace ManagedOAuth.Token.Tests;

public class SecretTests
{
    [Fact]
    public void Secret_ReadBack_IsTheSame()
    {
        var secret = GrantSecret.New(SecretPrefixes.AuthorizationCode, Guid.NewGuid());
        Assert.True(GrantSecret.TryParse(SecretPrefixes.AuthorizationCode, secret.Text, out var read));
        Assert.Equal((secret.GrantId, secret.Hash, secret.Text), (read.GrantId, read.Hash, read.Text));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("mo_rt_")]
    [InlineData("garbage")]
    public void Text_ThatIsNoSecret_IsRefused(string? text) => Assert.False(GrantSecret.TryParse(SecretPrefixes.RefreshToken, text, out _));

    [Fact]
    public void Text_ChangedInAnyWay_IsAnotherSecretOrNone()
    {
        var secret = A.RefreshToken();
        string[] changed =
        [
            secret.Text + "A", secret.Text + "=", secret.Text[..^1], secret.Text.ToUpperInvariant(), " " + secret.Text, secret.Text + "\n",
            secret.Text.Replace("mo_rt_", "mo_ac_", StringComparison.Ordinal), secret.Text[..30] + (secret.Text[30] == 'A' ? 'B' : 'A') + secret.Text[31..],
        ];
        foreach (var text in changed)
        {
            Assert.False(GrantSecret.TryParse(SecretPrefixes.RefreshToken, text, out var read) && read.Hash == secret.Hash, text);
        }
    }

    [Fact]
    public void Hash_Empty_MatchesNothing() => Assert.False(GrantSecret.HashEquals("", ""));

    [Fact]
    public void Secret_AsText_IsNotTheSecret() => Assert.DoesNotContain("mo_rt_", A.RefreshToken().ToString(), StringComparison.Ordinal);

    [Fact]
    public void Secrets_AreNeverTwice_HaveNoBias_AndNoOrder()
    {
        // The grant's id at their beginning is no secret; 32 bytes at their end are: the last 40 characters hold 30 of them.
        Assert.Null(RandomTexts.FaultOf(5000, 40, () => GrantSecret.New(SecretPrefixes.RefreshToken, Guid.CreateVersion7()).Text));
        Assert.Null(RandomTexts.FaultOf(5000, 40, () => GrantSecret.New(SecretPrefixes.AuthorizationCode, Guid.CreateVersion7()).Text));
    }

    [Fact]
    public void Successor_UnderItsPredecessor_Opens()
    {
        var grant = Guid.NewGuid();
        var (predecessor, successor) = (A.RefreshToken(grant), A.RefreshToken(grant));
        var kept = RefreshSuccessor.Seal(predecessor, successor, A.Now);

        Assert.True(kept.TryOpen(predecessor, out var opened));
        Assert.Equal(successor.Text, opened.Text);
    }

    [Fact]
    public void Successor_UnderAnyOtherToken_StaysClosed()
    {
        var grant = Guid.NewGuid();
        var (predecessor, successor) = (A.RefreshToken(grant), A.RefreshToken(grant));
        var kept = RefreshSuccessor.Seal(predecessor, successor, A.Now);

        Assert.False(kept.TryOpen(successor, out _));
        Assert.False(kept.TryOpen(A.RefreshToken(grant), out _));
        kept.Sealed[15] ^= 1;
        Assert.False(kept.TryOpen(predecessor, out _));
        Assert.DoesNotContain(successor.Text, Convert.ToBase64String(kept.Sealed), StringComparison.Ordinal);
    }
}
