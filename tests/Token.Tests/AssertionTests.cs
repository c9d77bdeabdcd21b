using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ManagedOAuth.Contracts.SigningKeys;
using ManagedOAuth.Token.Assertions;
using ManagedOAuth.Token.Keys.Signing;
using ManagedOAuth.Token.Tests.Support;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.Token.Tests;

public class AssertionTests
{
    [Fact]
    public void OfUser_Always_HasTheClaimsOfTheOriginal()
    {
        var grant = Guid.NewGuid();
        using var claims = JsonDocument.Parse(Assertion.OfUser(A.Identity(), grant, "aud-tag", "http://localhost:8702", A.Now, A.Now.AddMinutes(15)));
        var root = claims.RootElement;

        Assert.Equal(["aud", "email", "exp", "iat", "nbf", "iss", "type", "identity_nonce", "sub", "idp"], root.EnumerateObject().Select(member => member.Name));
        Assert.Equal("aud-tag", root.GetProperty("aud")[0].GetString());
        Assert.Equal("app", root.GetProperty("type").GetString());
        Assert.Equal(900, root.GetProperty("exp").GetInt64() - root.GetProperty("iat").GetInt64());
        Assert.Equal(grant, new Guid(System.Buffers.Text.Base64Url.DecodeFromChars(root.GetProperty("identity_nonce").GetString()), bigEndian: true));
    }

    [Fact]
    public void OfUser_WithClaims_TellsThemAndLeavesOutWhatIsTooLarge()
    {
        var identity = A.Identity() with
        {
            Claims = new Dictionary<string, IReadOnlyList<string>>
            {
                ["groups"] = ["eng", "ops"], ["department"] = ["\"Ä\" & Co"], ["huge"] = [new string('x', 2000)],
            },
        };
        using var claims = JsonDocument.Parse(Assertion.OfUser(identity, Guid.NewGuid(), "a", "i", A.Now, A.Now));
        var custom = claims.RootElement.GetProperty("custom");

        Assert.Equal(["eng", "ops"], custom.GetProperty("groups").EnumerateArray().Select(value => value.GetString()));
        Assert.Equal("\"Ä\" & Co", custom.GetProperty("department").GetString());
        Assert.False(custom.TryGetProperty("huge", out _));
    }

    [Fact]
    public void OfServiceToken_Always_NamesNoUser()
    {
        using var claims = JsonDocument.Parse(Assertion.OfServiceToken("abc.access", "aud-tag", "http://localhost:8702", A.Now, A.Now));
        var root = claims.RootElement;
        Assert.Equal(("aud-tag", "", "abc.access"), (root.GetProperty("aud").GetString(), root.GetProperty("sub").GetString(), root.GetProperty("common_name").GetString()));
        Assert.False(root.TryGetProperty("email", out _));
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("ES256")]
    public async Task Signature_WithThePublishedKey_IsValidForAForeignLibrary(string algorithm)
    {
        var (ring, made) = Ring(algorithm);
        var key = made.Find(candidate => candidate.KeyId == ring.Current!.KeyId)!;
        var now = DateTimeOffset.UtcNow;
        var jwt = new AssertionSigner(ring.Current!, key.PrivateKey).Sign(
            Assertion.OfUser(A.Identity(), Guid.NewGuid(), "aud-tag", "http://localhost:8702", now, now.AddMinutes(5)));

        var result = await new JsonWebTokenHandler().ValidateTokenAsync(jwt, new TokenValidationParameters
        {
            ValidIssuer = "http://localhost:8702",
            ValidAudience = "aud-tag",
            ValidAlgorithms = [algorithm],
            IssuerSigningKeys = new JsonWebKeySet(Encoding.UTF8.GetString(JsonWebKeys.Write(ring))).GetSigningKeys(),
        });
        Assert.True(result.IsValid, result.Exception?.Message);
    }

    [Fact]
    public void KeySet_Always_HoldsPublicHalvesAndCertificatesOfTwoKeys()
    {
        var (ring, _) = Ring("RS256");
        using var set = JsonDocument.Parse(JsonWebKeys.Write(ring));
        var keys = set.RootElement.GetProperty("keys").EnumerateArray().ToList();

        Assert.Equal(2, keys.Count);
        Assert.Equal(ring.Current!.KeyId, keys[0].GetProperty("kid").GetString());
        Assert.All(keys, key =>
        {
            Assert.Equal(("RS256", "sig", "RSA"), (key.GetProperty("alg").GetString(), key.GetProperty("use").GetString(), key.GetProperty("kty").GetString()));
            Assert.All(["d", "p", "q", "dp", "dq", "qi", "k"], secret => Assert.False(key.TryGetProperty(secret, out _)));
        });
        Assert.Equal(ring.Current.KeyId, set.RootElement.GetProperty("public_cert").GetProperty("kid").GetString());
        Assert.Equal(2, set.RootElement.GetProperty("public_certs").GetArrayLength());
    }

    [Fact]
    public void Signer_WithAnotherPrivateKey_IsRefused()
    {
        var (ring, made) = Ring("ES256");
        var other = made.Find(candidate => candidate.KeyId != ring.Current!.KeyId)!;
        Assert.Throws<CryptographicException>(() => new AssertionSigner(ring.Current!, other.PrivateKey));
    }

    private static (SigningKeyRing Ring, List<NewSigningKey> Made) Ring(string algorithm)
    {
        var made = new List<NewSigningKey>();
        var plan = SigningKeyRotation.Plan(null, RotationTests.Needs(A.Now, algorithm), name => NewSigningKey.Make(name, A.Now));
        made.AddRange(plan.NewKeys);
        return (RotationTests.Fold(null, plan.Events), made);
    }
}
