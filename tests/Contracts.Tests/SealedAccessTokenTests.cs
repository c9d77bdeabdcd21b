using System.Security.Cryptography;
using ManagedOAuth.Contracts.Tokens;

namespace ManagedOAuth.Contracts.Tests;

public sealed class SealedAccessTokenTests
{
    private static readonly byte[] s_keyId = [1, 2, 3, 4, 5, 6, 7, 8];
    private static readonly AesGcm s_key = new(RandomNumberGenerator.GetBytes(32), 16);

    private static readonly AccessTokenPayload s_payload = new()
    {
        GrantId = Guid.NewGuid(),
        TokenId = Guid.NewGuid(),
        Audience = new string('a', 64),
        IssuedAt = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
        ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(1_700_000_900),
        Scope = "orders:read",
        ClientId = "client",
        Assertion = "header.payload.signature",
    };

    [Fact]
    public void TryOpen_SealedToken_GivesThePayloadBack()
    {
        Assert.True(Open(SealedAccessToken.Seal(s_payload, s_keyId, s_key), out var opened));
        Assert.Equal(s_payload, opened);
    }

    [Fact]
    public void Seal_ShowsNothingOfThePayload()
        => Assert.DoesNotContain("payload", SealedAccessToken.Seal(s_payload, s_keyId, s_key), StringComparison.Ordinal);

    [Fact]
    public void TryOpen_AnyChangedCharacter_IsRefused()
    {
        var token = SealedAccessToken.Seal(s_payload, s_keyId, s_key);
        for (var i = 0; i < token.Length; i++)
        {
            var changed = token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..];
            Assert.False(Open(changed, out _));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("mo_at_")]
    [InlineData("mo_at_AAAA")]
    [InlineData("MO_AT_AAAA")]
    [InlineData("mo_rt_AAAA")]
    [InlineData("mo_at_\u212A\u017F")]
    public void TryOpen_OtherText_IsRefused(string token) => Assert.False(Open(token, out _));

    [Fact]
    public void TryOpen_PaddedOrSpacedSpelling_IsRefused()
    {
        var token = SealedAccessToken.Seal(s_payload, s_keyId, s_key);
        Assert.False(Open(token + "=", out _));
        Assert.False(Open(token + " ", out _));
        Assert.False(Open(token.Insert(20, "\n"), out _));
    }

    [Fact]
    public void TryOpen_LongerThanTheLimit_IsRefused()
        => Assert.False(Open(SealedAccessToken.Seal(s_payload with { Assertion = new string('x', 9000) }, s_keyId, s_key), out _));

    [Fact]
    public void TryOpen_UnknownKey_IsRefused()
        => Assert.False(SealedAccessToken.TryOpen(SealedAccessToken.Seal(s_payload, s_keyId, s_key), _ => null, out _));

    private static bool Open(string token, out AccessTokenPayload? payload)
        => SealedAccessToken.TryOpen(token, id => id == 0x0102030405060708 ? s_key : null, out payload);
}
