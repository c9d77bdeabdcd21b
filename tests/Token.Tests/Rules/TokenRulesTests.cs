using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Tokens;
using ManagedOAuth.Token.Configuration;
using ManagedOAuth.Token.Secrets;
using ManagedOAuth.Token.Tests.Support;
using ManagedOAuth.Token.TokenEndpoint;

namespace ManagedOAuth.Token.Tests.Rules;

public class TokenRulesTests
{
    private const string Minimal = "grant_type=refresh_token&refresh_token=x&client_id=client-1";

    [Theory]
    [InlineData("application/x-www-form-urlencoded", null)]
    [InlineData("application/x-www-form-urlencoded;charset=UTF-8", null)]
    [InlineData("Application/X-WWW-Form-Urlencoded; charset=\"utf-8\"", null)]
    [InlineData("application/json", "invalid_request")]
    [InlineData("application/json, application/x-www-form-urlencoded", "invalid_request")]
    [InlineData("multipart/form-data; boundary=x", "invalid_request")]
    [InlineData("application/x-www-form-urlencoded;charset=utf-16", "invalid_request")]
    [InlineData("", "invalid_request")]
    [InlineData(null, "invalid_request")]
    public async Task BodyIsForm_DecidesByContentType(string? contentType, string? error)
        => Assert.Equal(error, await CommonAsync(A.Context(Minimal, contentType: contentType)));

    [Theory]
    [InlineData("", "invalid_request")]
    [InlineData("client_id=client-1", "invalid_request")]
    [InlineData("grant_type=&client_id=client-1", "invalid_request")]
    [InlineData("grant_type=password&client_id=client-1", "unsupported_grant_type")]
    [InlineData("grant_type=client_credentials&client_id=client-1", "unsupported_grant_type")]
    [InlineData("grant_type=implicit&client_id=client-1", "unsupported_grant_type")]
    [InlineData("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&client_id=client-1&device_code=x", "unsupported_grant_type")]
    [InlineData("grant_type=urn:ietf:params:oauth:grant-type:device_code&client_id=client-1", "unsupported_grant_type")]
    [InlineData("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&client_id=client-1", "unsupported_grant_type")]
    [InlineData("grant_type=refresh_token&grant_type=refresh_token&client_id=client-1", "invalid_request")]
    [InlineData("grant_type=refresh_token&client_id=client-1&client_id=client-1", "invalid_request")]
    [InlineData("grant_type=refresh_token&unknown=1&unknown=2&client_id=client-1", "invalid_request")]
    [InlineData("grant_type=refresh_token&code=%zz&client_id=client-1", "invalid_request")]
    [InlineData("grant_type=refresh_token", "invalid_client")]
    [InlineData("grant_type=refresh_token&client_id=", "invalid_client")]
    [InlineData("grant_type=refresh_token&client_id=client-1&unknown=1", null)]
    public async Task CommonRules_DecideByParameters(string body, string? error) => Assert.Equal(error, await CommonAsync(A.Context(body)));

    [Fact]
    public async Task FormIsWellFormed_BodyAboveTheLimit_IsRefused()
    {
        var context = A.Context(Minimal);
        context = new TokenContext
        {
            Request = context.Request with { Body = null },
            Configuration = context.Configuration,
            Clients = context.Clients,
            Codes = context.Codes,
            Grants = context.Grants,
            Now = A.Now,
        };
        Assert.Equal("invalid_request", await CommonAsync(context));
    }

    [Theory]
    [InlineData("Basic Y2xpZW50LTE6cw==", "", null)]
    [InlineData("Basic Y2xpZW50LTE6cw==", "&client_id=client-1", null)]
    [InlineData("Basic Y2xpZW50LTE6cw==", "&client_id=other", "invalid_request")]
    [InlineData("Basic Y2xpZW50LTE6cw==", "&client_secret=s", "invalid_request")]
    [InlineData("Basic !!!", "&client_id=client-1", "invalid_client")]
    [InlineData("Bearer x", "&client_id=client-1", "invalid_client")]
    public async Task ClientIsNamed_AcceptsOneWayOnly(string header, string body, string? error)
        => Assert.Equal(error, await CommonAsync(A.Context("grant_type=refresh_token" + body, authorization: [header])));

    [Fact]
    public async Task ClientIsNamed_RefusedByHeader_IsChallenged()
    {
        var error = await TokenRules.Common.CheckAsync(A.Context("grant_type=refresh_token", authorization: ["Basic !!!"]), default);
        Assert.True(error!.ChallengeBasic);
        Assert.Equal(401, error.Status);
    }

    [Fact]
    public async Task ConfigurationIsFresh_Stale_IsAnOutageAndNotADenial()
    {
        var error = await TokenRules.Common.CheckAsync(A.Context(Minimal, configuration: new CurrentConfiguration(A.Snapshot(), IsFresh: false)), default);
        Assert.Equal((503, "temporarily_unavailable"), (error!.Status, error.Code));
        Assert.NotNull(error.RetryAfter);
    }

    [Fact]
    public async Task ApplicationIsManaged_UnknownHere_IsAnOutage()
        => Assert.Equal("temporarily_unavailable", await CommonAsync(A.Context(Minimal, configuration: new CurrentConfiguration(A.Snapshot(A.Application(Guid.NewGuid())), true))));

    [Fact]
    public async Task ApplicationIsManaged_OAuthOff_IsRefused()
    {
        var off = A.Application() with { OauthConfiguration = new OAuthConfiguration { Enabled = false } };
        Assert.Equal("unauthorized_client", await CommonAsync(A.Context(Minimal, configuration: new CurrentConfiguration(A.Snapshot(off), true))));
    }

    [Theory]
    [InlineData("http://localhost:8700", null)]
    [InlineData("http://localhost:8700/", null)]
    [InlineData("HTTP://LOCALHOST:8700/mcp", null)]
    [InlineData("http://localhost:8701", "invalid_target")]
    [InlineData("https://localhost:8700", "invalid_target")]
    [InlineData("http://localhost:8700.evil.test", "invalid_target")]
    [InlineData("http://localhost:8700/#x", "invalid_target")]
    [InlineData("http://user@localhost:8700/", "invalid_target")]
    [InlineData("localhost:8700", "invalid_target")]
    [InlineData("http://localhost:8700/../b", "invalid_target")]
    [InlineData("http://localhost:8700&resource=http://localhost:8701", "invalid_target")]
    [InlineData("http://localhost:8700&resource=http://localhost:8700/mcp", null)]
    public async Task ResourceIsOfThisApplication_DecidesByUrl(string resource, string? error)
        => Assert.Equal(error, await CommonAsync(A.Context($"{Minimal}&resource={resource.Replace("#", "%23", StringComparison.Ordinal)}")));

    [Fact]
    public async Task Code_EverythingRight_Passes()
    {
        var (context, _) = WithCode();
        Assert.Null(await CodeAsync(context));
        Assert.Equal("read write", context.Scope);
        Assert.Equal("include email_domain example.com", context.Decision!.Rule);
    }

    [Theory]
    [InlineData("redirect_uri=http://127.0.0.1:4000/cb", null)]
    [InlineData("redirect_uri=http://127.0.0.1:4001/cb", "invalid_grant")]
    [InlineData("redirect_uri=http://127.0.0.1:4000/cb/", "invalid_grant")]
    [InlineData("scope=read", null)]
    [InlineData("scope=read+admin", "invalid_scope")]
    [InlineData("scope=*", "invalid_scope")]
    [InlineData("client_secret=x", "invalid_client")]
    [InlineData("client_secret=", null)]
    public async Task Code_WithAFurtherParameter_IsDecided(string parameter, string? error)
        => Assert.Equal(error, await CodeAsync(WithCode("&" + parameter).Context));

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk=")]
    [InlineData("DBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk~")]
    public async Task Code_VerifierMissingOrWrong_IsRefusedAndCounted(string verifier)
    {
        var (context, _) = WithCode(verifier: verifier);
        Assert.Equal("invalid_grant", await CodeAsync(context));
        Assert.Equal(TokenConsequence.WrongVerifier, context.Consequence);
    }

    [Fact]
    public async Task Code_OfAnotherClient_IsInvalidGrantForAKnownAndInvalidClientForAnUnknownOne()
    {
        var (known, memory) = WithCode(client: "client-2");
        memory.Clients["client-2"] = null;
        Assert.Equal("invalid_grant", await CodeAsync(known));
        Assert.Equal("invalid_client", await CodeAsync(WithCode(client: "stranger").Context));
    }

    [Fact]
    public async Task Code_Expired_IsInvalidGrant()
    {
        var (context, memory) = WithCode();
        var pending = memory.Codes.Single();
        memory.Codes[pending.Key] = pending.Value with { ExpiresAt = A.Now };
        Assert.Equal("invalid_grant", await CodeAsync(context));
    }

    [Fact]
    public async Task Code_PoliciesNoLongerAdmit_IsInvalidGrant()
    {
        var (context, _) = WithCode(configuration: new CurrentConfiguration(A.Snapshot(policy: A.Policy("other.test")), true));
        Assert.Equal("invalid_grant", await CodeAsync(context));
        Assert.Equal(TokenConsequence.Denied, context.Consequence);
    }

    [Theory]
    [InlineData(A.ClientId, A.Verifier, TokenConsequence.CodeReplayed)]
    [InlineData(A.ClientId, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk_", TokenConsequence.None)]
    [InlineData("client-2", A.Verifier, TokenConsequence.None)]
    public async Task Code_Redeemed_IsAReplayOnlyFromItsOwnClientWithItsOwnVerifier(string client, string verifier, TokenConsequence consequence)
    {
        var (context, memory) = WithCode(client: client, verifier: verifier);
        memory.Clients["client-2"] = null;
        var (id, pending) = memory.Codes.Single();
        memory.Codes.Clear();
        memory.Grants[id] = A.Fold(id, A.Issued("r", pending.CodeHash));

        Assert.Equal("invalid_grant", await CodeAsync(context));
        Assert.Equal(consequence, context.Consequence);
    }

    [Fact]
    public async Task PublicClient_WithItsOwnToken_NeedsNobodyElse()
    {
        var (context, memory) = WithRefresh();
        Assert.Null(await RefreshAsync(context));
        Assert.Equal(0, memory.Asked);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("&scope=read", null)]
    [InlineData("&scope=read+write+read", null)]
    [InlineData("&scope=read+admin", "invalid_scope")]
    [InlineData("&client_secret=s", "invalid_client")]
    public async Task Refresh_WithAFurtherParameter_IsDecided(string parameter, string? error)
        => Assert.Equal(error, await RefreshAsync(WithRefresh(parameter).Context));

    [Theory]
    [InlineData("stranger", "invalid_client")]
    [InlineData("client-2", "invalid_grant")]
    public async Task Refresh_ByAnotherClient_IsRefused(string client, string error)
    {
        var (context, memory) = WithRefresh(client: client);
        memory.Clients["client-2"] = null;
        Assert.Equal(error, await RefreshAsync(context));
    }

    [Fact]
    public async Task Refresh_OfAnUnknownToken_IsInvalidGrantForAKnownClient()
        => Assert.Equal("invalid_grant", await RefreshAsync(A.Context($"grant_type=refresh_token&client_id={A.ClientId}&refresh_token={A.RefreshToken().Text}")));

    [Theory]
    [InlineData("client_secret_post", null, "&client_secret=s3", null)]
    [InlineData("client_secret_post", null, "&client_secret=wrong", "invalid_client")]
    [InlineData("client_secret_post", null, "", "invalid_client")]
    [InlineData("client_secret_basic", "Basic Y2xpZW50LTE6czM=", "", null)]
    [InlineData("client_secret_basic", null, "&client_secret=s3", "invalid_client")]
    public async Task ConfidentialClient_AuthenticatesAsRegistered(string method, string? header, string body, string? error)
    {
        var token = A.RefreshToken();
        var memory = new A.Memory();
        memory.Clients[A.ClientId] = "s3";
        memory.Grants[token.GrantId] = A.Fold(token.GrantId, A.Issued(token.Hash) with { TokenEndpointAuthMethod = method });
        var context = A.Context(
            $"grant_type=refresh_token&client_id={A.ClientId}&refresh_token={token.Text}{body}", memory, authorization: header is null ? [] : [header]);
        Assert.Equal(error, await RefreshAsync(context));
    }

    private static (TokenContext Context, A.Memory Memory) WithCode(
        string more = "", string client = A.ClientId, string verifier = A.Verifier, CurrentConfiguration? configuration = null)
    {
        var code = GrantSecret.New(SecretPrefixes.AuthorizationCode, Guid.NewGuid());
        var memory = new A.Memory();
        memory.Codes[code.GrantId] = A.Pending(code);
        return (A.Context(
            $"grant_type=authorization_code&code={code.Text}&client_id={client}&code_verifier={verifier}{more}", memory, configuration: configuration), memory);
    }

    private static (TokenContext Context, A.Memory Memory) WithRefresh(string more = "", string client = A.ClientId)
    {
        var token = A.RefreshToken();
        var memory = new A.Memory();
        memory.Grants[token.GrantId] = A.Fold(token.GrantId, A.Issued(token.Hash));
        return (A.Context($"grant_type=refresh_token&client_id={client}&refresh_token={token.Text}{more}", memory), memory);
    }

    private static async Task<string?> CommonAsync(TokenContext context) => (await TokenRules.Common.CheckAsync(context, default))?.Code;

    private static async Task<string?> CodeAsync(TokenContext context)
        => await CommonAsync(context) ?? (await TokenRules.AuthorizationCode.CheckAsync(context, default))?.Code;

    private static async Task<string?> RefreshAsync(TokenContext context)
        => await CommonAsync(context) ?? (await TokenRules.Refresh.CheckAsync(context, default))?.Code;
}
