using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ManagedOAuth.Edge.Tests.Harness;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.Edge.Tests.Wire;

/// <summary>
/// Assertions that somebody made who has the public keys and no private one. The allowed algorithms and the keys come from the edge alone: nothing that
/// a header says is fetched, opened or believed.
/// </summary>
[Collection(WorldCollection.Name)]
public sealed class ForgedAssertionTests(World world)
{
    [Fact]
    public async Task KeyOfTheOtherAlgorithm_IsNoSecretOfAnHmac()
    {
        var rsa = world.Tokens.Rsa.Rsa;
        var jwks = world.Tokens.Jwks();
        foreach (var (algorithm, mac) in ((string, Func<byte[], byte[], byte[]>)[])[("HS256", HMACSHA256.HashData), ("HS384", HMACSHA384.HashData), ("HS512", HMACSHA512.HashData)])
        {
            foreach (var secret in (byte[][])[
                Encoding.ASCII.GetBytes(rsa.ExportSubjectPublicKeyInfoPem()), Encoding.ASCII.GetBytes(rsa.ExportSubjectPublicKeyInfoPem() + "\n"), rsa.ExportSubjectPublicKeyInfo(), rsa.ExportRSAPublicKey(),
                Encoding.ASCII.GetBytes(rsa.ExportRSAPublicKeyPem()), rsa.ExportParameters(false).Modulus!, jwks, Encoding.UTF8.GetBytes(JsonDocument.Parse(jwks).RootElement.GetProperty("keys")[0].GetRawText()), []])
            {
                var signed = Signed(Header(algorithm, "rsa-1"));
                await AssertRefusedAsync($"{signed}.{Base64Url.EncodeToString(mac(secret, Encoding.ASCII.GetBytes(signed)))}");
            }
        }
    }

    [Theory]
    [InlineData("""{"alg":"RS256","kid":"ec-1","typ":"JWT"}""")]
    [InlineData("""{"alg":"ES256","kid":"rsa-1","typ":"JWT"}""")]
    [InlineData("""{"alg":"PS256","kid":"rsa-1","typ":"JWT"}""")]
    [InlineData("""{"alg":"RS512","kid":"rsa-1","typ":"JWT"}""")]
    [InlineData("""{"alg":["RS256"],"kid":"rsa-1","typ":"JWT"}""")]
    [InlineData("""{"kid":"rsa-1","typ":"JWT"}""")]
    [InlineData("""{"alg":"none","kid":"rsa-1"}""")]
    [InlineData("""{"alg":"nOnE","kid":"rsa-1"}""")]
    [InlineData("""{"alg":"","kid":"rsa-1"}""")]
    [InlineData("""[]""")]
    [InlineData("""null""")]
    [InlineData("not json")]
    public async Task Header_ThatNamesAnotherAlgorithm_IsNotBelieved(string header)
    {
        // A real signature of the real key over these very bytes: only the header is wrong.
        var signed = Signed(header);
        var rsa = world.Tokens.Rsa.Rsa;
        foreach (var signature in (byte[][])[
            rsa.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),
            rsa.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pss), []])
        {
            await AssertRefusedAsync($"{signed}.{Base64Url.EncodeToString(signature)}");
        }
    }

    [Theory]
    [InlineData("\"kid\":\"../../../../dev/null\"")]
    [InlineData("\"kid\":\"' OR 1=1--\"")]
    [InlineData("\"kid\":\"http://CANARY/\"")]
    [InlineData("\"kid\":\"a\\u0000b\"")]
    [InlineData("\"kid\":[\"rsa-1\"]")]
    [InlineData("\"kid\":\"\"")]
    [InlineData("\"kid\":{\"a\":1}")]
    [InlineData("\"jku\":\"http://CANARY/jwks\"")]
    [InlineData("\"x5u\":\"http://CANARY/cert\"")]
    [InlineData("\"kid\":\"rsa-1\",\"jku\":\"http://CANARY/jwks\",\"x5u\":\"http://CANARY/cert\"")]
    [InlineData("\"jwk\":JWK")]
    [InlineData("\"kid\":\"rsa-1\",\"jwk\":JWK")]
    [InlineData("\"x5c\":[\"CERT\"]")]
    [InlineData("\"kid\":\"rsa-1\",\"b64\":false,\"crit\":[\"b64\"]")]
    [InlineData("\"kid\":\"rsa-1\",\"crit\":[\"unknown\"],\"unknown\":1")]
    public async Task Header_ThatBringsOrNamesAKey_IsNotFollowed(string members)
    {
        using var canary = new TcpListener(IPAddress.Loopback, 0);
        canary.Start();
        using var attacker = RSA.Create(2048);
        var key = JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(attacker.ExportParameters(false)));
        var certificate = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=x", attacker, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var header = "{\"alg\":\"RS256\",\"typ\":\"JWT\"," + members.Replace("CANARY", canary.LocalEndpoint.ToString(), StringComparison.Ordinal)
            .Replace("JWK", $$"""{"kty":"RSA","n":"{{key.N}}","e":"{{key.E}}"}""", StringComparison.Ordinal)
            .Replace("CERT", Convert.ToBase64String(certificate.RawData), StringComparison.Ordinal) + "}";
        var signed = Signed(header);
        await AssertRefusedAsync($"{signed}.{Base64Url.EncodeToString(attacker.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}");
        Assert.False(canary.Pending());
    }

    [Fact]
    public async Task LongKeyId_IsRefusedLikeAnyOther()
    {
        var signed = Signed(Header("RS256", new string('k', 5000)));
        await AssertRefusedAsync($"{signed}.{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(256))}");
    }

    [Fact]
    public async Task Signature_OfZeros_Cut_Lengthened_OrSpeltOtherwise_IsNone()
    {
        var zeros = Signed(Header("ES256", "ec-1"));
        byte[][] signatures = [new byte[64], [.. new byte[32], .. Enumerable.Repeat((byte)1, 32)], [.. Enumerable.Repeat((byte)0xff, 64)], [], [0], new byte[63], new byte[65], [0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00]];
        foreach (var signature in signatures)
        {
            await AssertRefusedAsync($"{zeros}.{Base64Url.EncodeToString(signature)}");
        }

        foreach (var es256 in new[] { false, true })
        {
            var good = world.Tokens.Assertion(world.A, Guid.NewGuid(), es256: es256);
            Assert.Equal(200, (await world.GetAsync("a.test", "/", $"Cf-Access-Token: {good}"))?.Status);
            var parts = good.Split('.');
            string[] changed =
            [
                good[..^2], good + "AA", good + "=", good + ".", "." + good, $"{parts[0]}.{parts[1]}", $"{parts[0]}.{parts[1]}.", $"{parts[0]}..{parts[2]}", $"{parts[0]}.{parts[1]}.{parts[2]}.{parts[2]}",
                $"{parts[0]}=.{parts[1]}.{parts[2]}", $"{parts[0]}.{parts[1]}=.{parts[2]}", $"{parts[0]}.{parts[1]}.{parts[2][..10]} {parts[2][10..]}", good[..^4] + "+/+/",
                $"{parts[0]}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[1])).Replace("alice@", "root@", StringComparison.Ordinal)))}.{parts[2]}",
            ];
            foreach (var forged in changed)
            {
                await AssertRefusedAsync(forged);
            }
        }
    }

    [Fact]
    public async Task EncryptedToken_IsNeitherOpenedNorUnpacked()
    {
        var nested = world.Tokens.Assertion(world.A, Guid.NewGuid());
        foreach (var header in (string[])[
            """{"alg":"dir","enc":"A256GCM","zip":"DEF"}""", """{"alg":"RSA-OAEP","enc":"A256GCM","kid":"rsa-1","cty":"JWT"}""", """{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":2147483647,"p2s":"AAAA"}"""])
        {
            var text = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header));
            await AssertRefusedAsync($"{text}.{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(256))}.AAAA.{Base64Url.EncodeToString(Encoding.ASCII.GetBytes(nested))}.AAAA");
        }
    }

    [Theory]
    [InlineData("""{"aud":["x"],"aud":["AUD"],"exp":1,"exp":99999999999}""")]
    [InlineData("DEEP")]
    [InlineData("WIDE")]
    [InlineData("{\"email\":\"a@example.com\",\"exp\":1e400}")]
    [InlineData("BYTES")]
    public async Task Payload_ThatIsHostile_IsNeverRead(string payload)
    {
        var bytes = payload switch
        {
            "DEEP" => Encoding.ASCII.GetBytes(new string('[', 5000) + new string(']', 5000)),
            "WIDE" => Encoding.ASCII.GetBytes("{" + string.Join(',', Enumerable.Range(0, 1000).Select(i => $"\"c{i}\":1")) + "}"),
            "BYTES" => [0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d],
            _ => Encoding.ASCII.GetBytes(payload.Replace("AUD", world.A.Aud, StringComparison.Ordinal)),
        };
        await AssertRefusedAsync($"{Base64Url.EncodeToString(Encoding.ASCII.GetBytes(Header("RS256", "rsa-1")))}.{Base64Url.EncodeToString(bytes)}.{Base64Url.EncodeToString(new byte[256])}");
    }

    // Whatever it is, it opens nothing, neither as a session nor as a header of its own, and a good one beside it goes on.
    private async Task AssertRefusedAsync(string assertion)
    {
        var marker = Guid.NewGuid().ToString("N");
        foreach (var header in (string[])[$"Cookie: CF_Authorization={assertion}", $"Cf-Access-Token: {assertion}"])
        {
            var answer = await world.GetAsync("a.test", $"/{marker}", header);
            Assert.True(answer?.Status is 400 or 401 or 431, $"{answer?.Status}: {header}");
            Assert.True(answer!.Body.Length < 4096);
        }

        Assert.Empty(world.Origin.With(marker));
    }

    private static string Header(string algorithm, string kid) => JsonSerializer.Serialize(new { alg = algorithm, kid, typ = "JWT" });

    private string Signed(string header)
        => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header)) + "." + world.Tokens.Assertion(world.A, Guid.NewGuid(), "root@corp.test").Split('.')[1];
}
