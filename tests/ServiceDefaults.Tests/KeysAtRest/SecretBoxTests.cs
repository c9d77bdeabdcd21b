using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.ServiceDefaults.KeysAtRest;

namespace ManagedOAuth.ServiceDefaults.Tests.KeysAtRest;

public class SecretBoxTests
{
    private static readonly byte[] s_secret = Encoding.UTF8.GetBytes("the signing key");

    [Fact]
    public void Open_SamePurpose_GivesTheSecret()
    {
        var box = Box();
        Assert.Equal(s_secret, box.Open("signing-key:1", box.Seal("signing-key:1", s_secret)));
    }

    [Fact]
    public void Seal_Twice_GivesDifferentBytes()
    {
        var box = Box();
        Assert.NotEqual(box.Seal("p", s_secret), box.Seal("p", s_secret));
    }

    [Fact]
    public void Seal_Empty_OpensEmpty()
    {
        var box = Box();
        Assert.Empty(box.Open("p", box.Seal("p", [])));
    }

    [Fact]
    public void Open_AnotherPurpose_IsRefused()
    {
        var box = Box();
        Assert.ThrowsAny<CryptographicException>(() => box.Open("signing-key:2", box.Seal("signing-key:1", s_secret)));
    }

    [Fact]
    public void Open_AnyBitChanged_IsRefused()
    {
        var box = Box();
        var sealedSecret = box.Seal("p", s_secret);
        for (var i = 0; i < sealedSecret.Length; i++)
        {
            var changed = (byte[])sealedSecret.Clone();
            changed[i] ^= 1;
            Assert.ThrowsAny<CryptographicException>(() => box.Open("p", changed));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(32)]
    public void Open_CutOff_IsRefused(int length)
    {
        var box = Box();
        var sealedSecret = box.Seal("p", s_secret);
        Assert.ThrowsAny<CryptographicException>(() => box.Open("p", sealedSecret.AsSpan(0, length)));
    }

    [Fact]
    public void Open_SealedByAnEarlierDataKey_StillOpens()
    {
        var (one, two) = (RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(32));
        var box = new SecretBox();
        box.Use(new Dictionary<int, byte[]> { [1] = one });
        var old = box.Seal("p", s_secret);
        box.Use(new Dictionary<int, byte[]> { [1] = one, [2] = two });
        Assert.Equal(s_secret, box.Open("p", old));
        Assert.Equal(2, box.Seal("p", s_secret)[4]);
    }

    [Fact]
    public void Seal_BeforeTheKeysAreOpen_IsUnavailable()
    {
        var box = new SecretBox();
        Assert.Throws<KeysUnavailableException>(() => box.Seal("p", s_secret));
        Assert.Throws<KeysUnavailableException>(() => box.Open("p", s_secret));
    }

    private static SecretBox Box()
    {
        var box = new SecretBox();
        box.Use(new Dictionary<int, byte[]> { [1] = RandomNumberGenerator.GetBytes(32) });
        return box;
    }
}
