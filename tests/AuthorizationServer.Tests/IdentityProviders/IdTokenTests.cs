using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ManagedOAuth.AuthorizationServer.Tests.Support;

namespace ManagedOAuth.AuthorizationServer.Tests.IdentityProviders;

/// <summary>ID tokens that no honest provider makes: nobody is logged in by any of them.</summary>
[Collection(ProviderTests.Name)]
public sealed class IdTokenTests(ProviderHost host) : IAsyncLifetime, IDisposable
{
    private static readonly Dictionary<string, Action<JsonObject>> s_claims = new()
    {
        ["nonce missing"] = claims => claims.Remove("nonce"),
        ["nonce of another login"] = claims => claims["nonce"] = "other",
        ["nonce is no text"] = claims => claims["nonce"] = 1,
        ["audience other"] = claims => claims["aud"] = "other",
        ["audience missing"] = claims => claims.Remove("aud"),
        ["audiences without azp"] = claims => claims["aud"] = new JsonArray(ScriptedProvider.ClientId, "other"),
        ["azp other"] = claims => claims["azp"] = "other",
        ["azp is no text"] = claims => claims["azp"] = new JsonArray(ScriptedProvider.ClientId),
        ["expired"] = claims => claims["exp"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 3600,
        ["never expires"] = claims => claims.Remove("exp"),
        ["not yet valid"] = claims => claims["nbf"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 3600,
        ["issued in the future"] = claims => claims["iat"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 3600,
        ["not issued"] = claims => claims.Remove("iat"),
        ["issuer other"] = claims => claims["iss"] = "https://other.example",
        ["issuer with a slash"] = claims => claims["iss"] = (string)claims["iss"]! + "/",
        ["issuer missing"] = claims => claims.Remove("iss"),
        ["subject missing"] = claims => claims.Remove("sub"),
        ["subject empty"] = claims => claims["sub"] = "",
        ["subject huge"] = claims => claims["sub"] = new string('x', 300),
        ["access token of another"] = claims => claims["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA",
        ["email not verified"] = claims => claims["email_verified"] = false,
        ["email not verified, as text"] = claims => claims["email_verified"] = "false",
        ["email missing"] = claims => claims.Remove("email"),
        ["email a list"] = claims => claims["email"] = new JsonArray("root@example.com"),
        ["email of two"] = claims => claims["email"] = "a@example.com,root@example.com",
        ["email quoted"] = claims => claims["email"] = "\"root@example.com\"@evil.test",
        ["too many groups"] = claims => claims["memberOf"] = new JsonArray([.. Enumerable.Range(0, 5000).Select(i => (JsonNode)$"g{i}")]),
        ["huge group"] = claims => claims["memberOf"] = new string('g', 20_000),
    };

    private static readonly Dictionary<string, Func<ScriptedProvider, JsonObject, string>> s_tokens = new()
    {
        ["unsigned"] = (_, claims) => ScriptedProvider.Jwt(claims, "none", null, _ => []),
        ["unsigned, named as the key"] = (provider, claims) => ScriptedProvider.Jwt(claims, "none", provider.KeyId, _ => []),
        ["HMAC by the client secret"] = (_, claims) => ScriptedProvider.Jwt(claims, "HS256", null, bytes => HMACSHA256.HashData(Encoding.UTF8.GetBytes(ScriptedProvider.ClientSecret), bytes)),
        ["HMAC by the public key"] = (provider, claims) => ScriptedProvider.Jwt(claims, "HS256", provider.KeyId, bytes => HMACSHA256.HashData(Encoding.ASCII.GetBytes(provider.Key.ExportSubjectPublicKeyInfoPem()), bytes)),
        ["HMAC by a published secret"] = (_, claims) => ScriptedProvider.Jwt(claims, "HS256", "public-oct", bytes => HMACSHA256.HashData("0123456789abcdef0123456789abcdef"u8, bytes)),
        ["signature of a stranger"] = (provider, claims) => ScriptedProvider.Jwt(claims, "RS256", provider.KeyId, bytes => { using var key = RSA.Create(2048); return key.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1); }),
        ["signature cut off"] = (provider, claims) => provider.Signed(claims)[..^20],
        ["signature missing"] = (provider, claims) => provider.Signed(claims) is var token ? token[..(token.LastIndexOf('.') + 1)] : "",
        ["claims changed after signing"] = (provider, claims) =>
        {
            var signature = provider.Signed(claims).Split('.')[2];
            claims["email"] = "root@example.com";
            var forged = provider.Signed(claims).Split('.');
            return $"{forged[0]}.{forged[1]}.{signature}";
        },
        ["no token"] = (_, _) => "x",
        ["a very long token"] = (provider, claims) => { claims["junk"] = new string('x', 100_000); return provider.Signed(claims); },
        ["a token of itself in it"] = (provider, claims) => provider.Signed(claims) + "." + provider.Signed(claims),
    };

    private readonly Browser _browser = new(host.Service);

    public static TheoryData<string> Claims => [.. s_claims.Keys];

    public static TheoryData<string> Tokens => [.. s_tokens.Keys];

    public Task InitializeAsync() => host.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _browser.Dispose();

    [Theory]
    [MemberData(nameof(Claims))]
    public async Task Token_WithAWrongClaim_LogsNobodyIn(string fault)
    {
        host.User();
        host.First.ChangeClaims = s_claims[fault];
        await RefusedAsync();
    }

    [Theory]
    [MemberData(nameof(Tokens))]
    public async Task Token_ThatTheProviderDidNotSign_LogsNobodyIn(string fault)
    {
        host.User();
        host.First.MakeIdToken = s_tokens[fault];
        await RefusedAsync();
    }

    [Theory]
    [InlineData("\"admins\"", true)]
    [InlineData("[\"users\",\"admins\"]", true)]
    [InlineData("\"users,admins\"", false)]
    [InlineData("\"Admins\"", false)]
    [InlineData("[\"admins \"]", false)]
    [InlineData("[[\"admins\"]]", false)]
    [InlineData("{\"admins\":true}", false)]
    [InlineData("[\"Everyone\"]", false)]
    [InlineData("[null,1,\"admins\"]", true)]
    public async Task Groups_CountExactlyAsTheyAreSent(string groups, bool admitted)
    {
        host.User("sales");
        host.First.User["memberOf"] = JsonNode.Parse(groups);
        var done = await _browser.FollowAsync(await host.LogInAsync(_browser));
        Assert.Equal(admitted, done.Body.Contains("Allow access?", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Claims_ThatOnlyUserinfoHas_AreTakenFromThere_OfTheSameUserAlone()
    {
        host.User("sales");
        host.First.Userinfo = new JsonObject { ["sub"] = host.First.User["sub"]!.DeepClone(), ["memberOf"] = new JsonArray("admins") };
        var done = await _browser.FollowAsync(await host.LogInAsync(_browser));
        Assert.Contains("Allow access?", done.Body);

        host.First.Userinfo["sub"] = "somebody else";
        Assert.Equal(503, (await host.LogInAsync(_browser, more: "&prompt=login")).Status);
    }

    private async Task RefusedAsync()
    {
        var page = await host.LogInAsync(_browser);
        Assert.Equal(403, page.Status);
        Assert.DoesNotContain(_browser.Cookies.Keys, name => name.Contains("CF_TeamSession", StringComparison.Ordinal));
    }
}
