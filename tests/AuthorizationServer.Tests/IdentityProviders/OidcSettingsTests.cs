using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.AuthorizationServer.IdentityProviders;
using ManagedOAuth.ServiceDefaults.Outbound;
using ManagedOAuth.AuthorizationServer.IdentityProviders.Oidc;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.Contracts.Configuration;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.AuthorizationServer.Tests.IdentityProviders;

/// <summary>The ways in which a provider can be set up.</summary>
[Collection(ProviderTests.Name)]
public sealed class OidcSettingsTests(ProviderHost host) : IAsyncLifetime, IDisposable
{
    private readonly Browser _browser = new(host.Service);

    public Task InitializeAsync() => host.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _browser.Dispose();

    [Theory]
    [InlineData("rsa")]
    [InlineData("ec")]
    public async Task PrivateKeyJwt_IsSignedByTheKey_ForThisProvider_AndNeverTheSameTwice(string kind)
    {
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var ids = new HashSet<string>();
        for (var i = 0; i < 2; i++)
        {
            await LogInAsync(config =>
            {
                config.Remove("client_secret");
                config["private_key"] = kind == "rsa" ? rsa.ExportPkcs8PrivateKeyPem() : ec.ExportPkcs8PrivateKeyPem();
                config["private_key_id"] = "our-key";
            });
            var form = host.First.LastForm;
            Assert.DoesNotContain("client_secret", form.Keys);
            var result = await new JsonWebTokenHandler { MapInboundClaims = false }.ValidateTokenAsync(form["client_assertion"], new TokenValidationParameters
            {
                IssuerSigningKey = kind == "rsa" ? new RsaSecurityKey(rsa) : new ECDsaSecurityKey(ec),
                ValidIssuer = ScriptedProvider.ClientId,
                ValidAudience = host.First.Issuer,
                TryAllIssuerSigningKeys = true,
            });
            Assert.True(result.IsValid, result.Exception?.Message);
            Assert.Equal((ScriptedProvider.ClientId, "our-key"), ((string)result.Claims["sub"], ((JsonWebToken)result.SecurityToken).Kid));
            ids.Add((string)result.Claims["jti"]);
        }

        Assert.Equal(2, ids.Count);
    }

    [Fact]
    public async Task ClientSecretPost_IsInTheForm()
    {
        await LogInAsync(config => config["token_endpoint_auth_method"] = "client_secret_post");
        Assert.Equal(ScriptedProvider.ClientSecret, host.First.LastForm["client_secret"]);
    }

    [Fact]
    public async Task ExplicitEndpoints_WithoutAnIssuer_AcceptAnIssuerOfTheirOwnOriginAlone()
    {
        void Explicit(JsonObject config)
        {
            config.Remove("issuer_url");
            (config["auth_url"], config["token_url"], config["certs_url"]) = (host.First.Issuer + "/authorize", host.First.Issuer + "/token", host.First.Issuer + "/jwks");
        }

        await LogInAsync(Explicit);
        host.First.ChangeClaims = claims => claims["iss"] = host.Second.Issuer;
        await LogInAsync(Explicit, expected: 403);
    }

    [Theory]
    [InlineData("https://idp.example", "https://idp.example", true)]
    [InlineData("https://idp.example", "https://idp.example/", true)]
    [InlineData("https://idp.example", "https://idp.example/other", false)]
    [InlineData("https://idp.example", "https://evil.example", false)]
    public void Description_HasToBeOfThisIssuer(string configured, string named, bool accepted)
    {
        if (accepted)
        {
            Assert.Equal(named, OidcDiscovery.Read(configured, Document(named)).Issuer);
        }
        else
        {
            Assert.Throws<OutboundUnavailableException>(() => OidcDiscovery.Read(configured, Document(named)));
        }
    }

    [Theory]
    [InlineData("http://idp.example/token")]
    [InlineData("http://127.0.0.1:6379/")]
    [InlineData("http://169.254.169.254/latest")]
    [InlineData("file:///etc/passwd")]
    [InlineData("https://user:pw@idp.example/token")]
    [InlineData("gopher://idp.example/")]
    public void Description_ThatPointsElsewhereThanHttps_IsRefused(string endpoint)
        => Assert.Throws<OutboundUnavailableException>(() => OidcDiscovery.Read("https://idp.example", Document("https://idp.example", endpoint)));

    [Theory]
    [InlineData("https://idp.example/x", true)]
    [InlineData("http://localhost:1/x", true)]
    [InlineData("http://127.0.0.1:1/x", true)]
    [InlineData("http://127.0.0.2:1/x", false)]
    [InlineData("http://localhost.evil.test/x", false)]
    [InlineData("http://idp.example/x", false)]
    [InlineData("", false)]
    public void Requests_GoToHttpsOrLoopbackAlone(string url, bool allowed) => Assert.Equal(allowed, OutboundHttp.IsAllowed(url));

    [Fact]
    public void Settings_OfAnOlderVersion_HaveTheDefaultsOfNow()
    {
        var settings = OidcSettings.Read(JsonSerializer.SerializeToElement(new { client_id = "c" }))!;
        Assert.True(settings.PkceEnabled);
        Assert.Equal(["openid", "profile", "email"], settings.Scopes);
        Assert.Equal("email", settings.EmailClaimName);
        Assert.Empty(settings.AuthorizationParameters);
    }

    private async Task LogInAsync(Action<JsonObject> change, int expected = 303)
    {
        var provider = ProviderHost.Of("Settings", host.First.Config(change));
        await host.Service.ConfigureAsync(feed => feed.Put(provider));
        var before = (host.First.ChangeClaims, host.First.MakeIdToken);
        await host.ResetAsync(application => application with { AllowedIdps = [provider.Id], Policies = [new PolicyReference(Service.AllowExample.Id, 1)] });
        (host.First.ChangeClaims, host.First.MakeIdToken) = before;
        host.User();
        var answer = await _browser.GetAsync(host.First.LogIn(await host.LeaveAsync(_browser, await ProviderHost.OpenAsync(_browser, "&prompt=login"), provider)));
        Assert.Equal(expected, answer.Status);
    }

    private static JsonElement Document(string issuer, string? token = null) => JsonSerializer.SerializeToElement(new
    {
        issuer,
        authorization_endpoint = "https://idp.example/authorize",
        token_endpoint = token ?? "https://idp.example/token",
        jwks_uri = "https://idp.example/jwks",
    });
}
