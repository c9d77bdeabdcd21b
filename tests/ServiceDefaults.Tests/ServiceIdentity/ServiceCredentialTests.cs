using System.Security.Cryptography;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.ServiceDefaults.Startup;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.ServiceDefaults.Tests.ServiceIdentity;

public class ServiceCredentialTests
{
    private readonly ServiceKeys _keys = new("edge", "token", "config");
    private readonly ManualClock _clock = new();

    [Fact]
    public async Task Verify_CredentialForUs_NamesItsSender() =>
        Assert.Equal("edge", await VerifierOf("token").VerifyAsync(From("edge").For("token")));

    [Fact]
    public async Task Verify_SecondTime_IsRemembered_UntilItExpires()
    {
        var (verifier, credential) = (VerifierOf("token"), From("edge").For("token"));
        Assert.Equal("edge", await verifier.VerifyAsync(credential));
        Assert.Equal("edge", await verifier.VerifyAsync(credential));
        _clock.Advance(ServiceCredential.Lifetime + ServiceCredential.ClockSkew);
        Assert.Null(await verifier.VerifyAsync(credential));
    }

    [Fact]
    public async Task Verify_Expired_IsNobody()
    {
        var credential = From("edge").For("token");
        _clock.Advance(ServiceCredential.Lifetime + ServiceCredential.ClockSkew);
        Assert.Null(await VerifierOf("token").VerifyAsync(credential));
    }

    [Fact]
    public async Task Verify_ForAnotherAudience_IsNobody() =>
        Assert.Null(await VerifierOf("token").VerifyAsync(From("edge").For("config")));

    [Fact]
    public async Task Verify_SignedByAnotherServicesKey_IsNobody() =>
        Assert.Null(await VerifierOf("token").VerifyAsync(Sign(_keys.PrivateFile("config"), issuer: "edge")));

    [Theory]
    [InlineData("JWT")]
    [InlineData("at+jwt")]
    [InlineData(null)]
    public async Task Verify_AnotherTypeOfToken_IsNobody(string? type) =>
        Assert.Null(await VerifierOf("token").VerifyAsync(Sign(_keys.PrivateFile("edge"), type: type)));

    [Theory]
    [InlineData("../edge")]
    [InlineData("stranger")]
    [InlineData("EDGE")]
    [InlineData("")]
    public async Task Verify_UnknownIssuer_IsNobody(string issuer) =>
        Assert.Null(await VerifierOf("token").VerifyAsync(Sign(_keys.PrivateFile("edge"), issuer: issuer)));

    [Fact]
    public async Task Verify_LongerLifeThanWeGive_IsNobody() =>
        Assert.Null(await VerifierOf("token").VerifyAsync(Sign(_keys.PrivateFile("edge"), life: TimeSpan.FromHours(1))));

    [Fact]
    public async Task Verify_SeveralAudiences_IsNobody() =>
        Assert.Null(await VerifierOf("token").VerifyAsync(Sign(_keys.PrivateFile("edge"), audiences: ["token", "config"])));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("not a token")]
    [InlineData("a.b.c")]
    [InlineData("eyJhbGciOiJub25lIiwidHlwIjoibW8tc2VydmljZStqd3QifQ.eyJpc3MiOiJlZGdlIiwiYXVkIjoidG9rZW4iLCJleHAiOjk5OTk5OTk5OTl9.")]
    public async Task Verify_Garbage_IsNobody(string? credential) =>
        Assert.Null(await VerifierOf("token").VerifyAsync(credential));

    [Fact]
    public async Task Verify_TooLong_IsNobody() =>
        Assert.Null(await VerifierOf("token").VerifyAsync(new string('a', ServiceCredential.MaximumLength + 1)));

    [Fact]
    public async Task Verify_TamperedSignature_IsNobody()
    {
        var credential = From("edge").For("token");
        var at = credential.LastIndexOf('.') + 5;
        var tampered = credential[..at] + (credential[at] == 'A' ? 'B' : 'A') + credential[(at + 1)..];
        Assert.Null(await VerifierOf("token").VerifyAsync(tampered));
    }

    [Fact]
    public async Task Verify_KeyTakenAway_EndsRememberedCredentials()
    {
        var (verifier, credential) = (VerifierOf("token"), From("edge").For("token"));
        Assert.Equal("edge", await verifier.VerifyAsync(credential));
        File.Delete(_keys.PublicFile("edge"));
        _clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Null(await verifier.VerifyAsync(credential));
    }

    [Fact]
    public async Task Verify_KeyReplaced_TakesTheNewOne_AndBothWhileTheFileHoldsBoth()
    {
        var verifier = VerifierOf("token");
        var old = From("edge").For("token");
        var oldPublic = await File.ReadAllTextAsync(_keys.PublicFile("edge"));
        Assert.Equal("edge", await verifier.VerifyAsync(old));

        _keys.Add("edge");
        await File.AppendAllTextAsync(_keys.PublicFile("edge"), "\n" + oldPublic);
        File.SetLastWriteTimeUtc(_keys.PublicFile("edge"), DateTime.UtcNow.AddMinutes(1));
        _clock.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal("edge", await verifier.VerifyAsync(From("edge").For("token")));
        Assert.Equal("edge", await verifier.VerifyAsync(old));
        Assert.Equal("edge", await VerifierOf("token").VerifyAsync(old));
    }

    [Fact]
    public async Task Verify_FirstCallersAllAtOnce_AreAllTheSender()
    {
        var credential = From("edge").For("token");
        for (var round = 0; round < 10; round++)
        {
            // Each verifier reads the key file for the first time, on many threads: whose keys are kept must not matter.
            var verifier = VerifierOf("token");
            using var together = new Barrier(8);
            var names = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
                async () =>
                {
                    together.SignalAndWait(TimeSpan.FromSeconds(30));
                    return await verifier.VerifyAsync(credential);
                },
                default, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));
            Assert.All(names, name => Assert.Equal("edge", name));
            Assert.Equal("edge", await verifier.VerifyAsync(credential));
        }
    }

    [Fact]
    public void For_SameAudience_IsSignedOnceAndRenewedBeforeItsEnd()
    {
        var credentials = From("edge");
        var first = credentials.For("token");
        Assert.Same(first, credentials.For("token"));
        Assert.NotEqual(first, credentials.For("config"));
        _clock.Advance(ServiceCredential.Lifetime - TimeSpan.FromSeconds(59));
        Assert.NotEqual(first, credentials.For("token"));
    }

    [Fact]
    public void For_HasTheClaimsOfTheContract()
    {
        var token = new JsonWebToken(From("edge").For("token"));
        Assert.Equal(("mo-service+jwt", "ES256", "edge", "token"), (token.Typ, token.Alg, token.Issuer, token.Audiences.Single()));
        Assert.Equal(TimeSpan.FromMinutes(5), token.ValidTo - token.IssuedAt);
    }

    [Fact]
    public void PrivateKey_ReadableByOthers_IsRefused()
    {
        File.SetUnixFileMode(_keys.PrivateFile("edge"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var refused = Assert.Throws<StartupRefusedException>(() => From("edge"));
        Assert.Contains("chmod 600", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PrivateKey_OfAnotherCurve_IsRefused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        ServiceKeys.WritePrivate(_keys.PrivateFile("edge"), key.ExportPkcs8PrivateKeyPem());
        Assert.Throws<StartupRefusedException>(() => From("edge"));
    }

    private ServiceCredentials From(string service) =>
        new(new ServiceName(service), Options.Create(new ServiceIdentityOptions { KeyFile = _keys.PrivateFile(service), TrustedKeys = _keys.Trusted }), _clock);

    private ServiceCredentialVerifier VerifierOf(string service) => new(
        new ServiceName(service),
        new TrustedServiceKeys(Options.Create(new ServiceIdentityOptions { TrustedKeys = _keys.Trusted }), _clock, NullLogger<TrustedServiceKeys>.Instance),
        _clock);

    private string Sign(string keyFile, string issuer = "edge", string? type = ServiceCredential.Type, TimeSpan? life = null, string[]? audiences = null)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(keyFile));
        var now = _clock.GetUtcNow().UtcDateTime;
        var descriptor = new SecurityTokenDescriptor
        {
            TokenType = type,
            Issuer = issuer,
            IssuedAt = now,
            Expires = now + (life ?? ServiceCredential.Lifetime),
            SigningCredentials = new SigningCredentials(new ECDsaSecurityKey(key), SecurityAlgorithms.EcdsaSha256),
        };
        foreach (var audience in audiences ?? ["token"])
        {
            descriptor.Audiences.Add(audience);
        }

        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(descriptor);
    }
}
