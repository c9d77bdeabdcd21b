using ManagedOAuth.AuthorizationServer.Authorization;
using ManagedOAuth.AuthorizationServer.Clients;
using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.Rules;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.AuthorizationServer.Tests.Authorization;

public sealed class AuthorizationRulesTests
{
    private const string Challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    private static readonly Dictionary<string, string> s_good = new()
    {
        ["client_id"] = "c1",
        ["redirect_uri"] = "http://127.0.0.1:61023/cb",
        ["response_type"] = "code",
        ["code_challenge"] = Challenge,
        ["code_challenge_method"] = "S256",
        ["state"] = "s p&+=%\"é",
        ["resource"] = "https://a.test/mcp",
        ["scope"] = "b a b",
    };

    [Fact]
    public void GoodRequest_PassesAndIsUnderstood()
    {
        var context = Context(s_good);
        Assert.Null(AuthorizationRules.All.FirstViolation(context));
        Assert.True(context.MayRedirect);
        Assert.Equal("http://127.0.0.1:61023/cb", context.RedirectUri);
        Assert.Equal("s p&+=%\"é", context.State);
        Assert.Equal(Challenge, context.CodeChallenge);
        Assert.Equal("https://a.test/mcp", context.Resource);
        Assert.Equal("b a", context.Scope);
        Assert.False(context.ForceLogin);
    }

    [Theory]
    [InlineData("%zz")]
    [InlineData("a=%ff")]
    [InlineData("a=%c0%ae")]
    public void RequestReadable_MalformedQuery_IsRefusedOnAPage(string query)
    {
        Assert.False(Parameters.TryParse(query, out var parameters));
        AssertRefused(new AuthorizationContext(parameters, Application(), Client()), "request_readable", Errors.InvalidRequest, redirect: false);
    }

    [Fact]
    public void RequestReadable_TwoThousandParameters_AreRefused()
        => Assert.False(Parameters.TryParse(string.Join('&', Enumerable.Range(0, 2000).Select(i => $"p{i}=1")), out _));

    [Theory]
    [InlineData("")]
    [InlineData("client_id=")]
    [InlineData("client_id=c1&client_id=c2")]
    public void ClientKnown_MissingOrRepeated_IsRefusedOnAPage(string query)
        => AssertRefused(Context(query), "client_known", Errors.InvalidClient, redirect: false);

    [Fact]
    public void ClientKnown_UnknownClient_IsRefusedOnAPage()
    {
        Assert.True(Parameters.TryParse("client_id=nope&redirect_uri=https%3A%2F%2Fwww.google.com", out var parameters));
        AssertRefused(new AuthorizationContext(parameters, Application(), null), "client_known", Errors.InvalidClient, redirect: false);
    }

    [Fact]
    public void RedirectUriGiven_LeftOutWithOneRegistered_IsThatOne()
    {
        var context = Context(Without("redirect_uri"), Client("https://c.test/cb"));
        Assert.Null(AuthorizationRules.All.FirstViolation(context));
        Assert.Equal("https://c.test/cb", context.RedirectUri);
    }

    [Fact]
    public void RedirectUriGiven_LeftOutWithSeveralRegistered_IsRefusedOnAPage()
        => AssertRefused(Context(Without("redirect_uri"), Client("https://c.test/cb", "https://c.test/cb2")), "redirect_uri_given", Errors.InvalidRequest, redirect: false);

    [Fact]
    public void RedirectUriGiven_Repeated_IsRefusedOnAPage()
        => AssertRefused(Context(Query(s_good) + "&redirect_uri=https://evil.test/cb"), "redirect_uri_given", Errors.InvalidRequest, redirect: false);

    [Theory]
    [InlineData("https://evil.test/cb")]
    [InlineData("https://c.test/cb/")]
    [InlineData("https://c.test/cb?x=1")]
    [InlineData("https://c.test/cb#f")]
    [InlineData("https://c.test/CB")]
    [InlineData("https://c.test/cb/../e")]
    [InlineData("https://c.test/cb%2f..%2fe")]
    [InlineData("https://c.test:443/cb")]
    [InlineData("HTTPS://c.test/cb")]
    [InlineData("https://c.test/cb ")]
    [InlineData("https://c.test@evil.test/cb")]
    [InlineData("https://c.test\\@evil.test/cb")]
    [InlineData("https://a@b@evil.test/cb")]
    [InlineData("https://c.test%40evil.test/cb")]
    [InlineData("https://c.test%00.evil.test/cb")]
    [InlineData("http://127.0.0.1:61023/cb?bar=foo")]
    [InlineData("http://127.0.0.1:61023/other")]
    [InlineData("http://127.0.0.1:99999/cb")]
    [InlineData("http://localhost:61023/cb")]
    [InlineData("javascript:alert(1)")]
    [InlineData("data:text/html,x")]
    public void RedirectUriRegistered_AnythingElse_IsRefusedOnAPage(string uri)
        => AssertRefused(
            Context(With("redirect_uri", uri), Client("https://c.test/cb", "http://127.0.0.1/cb")), "redirect_uri_registered", Errors.InvalidRequest, redirect: false);

    [Fact]
    public void RedirectUriRegistered_EvilUriWithASecondError_StaysOnThePage()
        => AssertRefused(
            Context("client_id=c1&redirect_uri=https%3A%2F%2Fevil.test&response_type=token&prompt=none&scope=%22"), "redirect_uri_registered", Errors.InvalidRequest, redirect: false);

    [Fact]
    public void RedirectUriAllowedNow_RulesChangedSinceRegistration_IsRefusedOnAPage()
    {
        var parameters = Read(s_good);
        var application = Application() with { OauthConfiguration = new OAuthConfiguration() };
        AssertRefused(new AuthorizationContext(parameters, application, Client()), "redirect_uri_allowed_now", Errors.InvalidRequest, redirect: false);
    }

    [Fact]
    public void StateReturnable_TooLong_IsRefusedAtTheClientWithoutIt()
    {
        var context = Context(With("state", new string('x', 2049)));
        AssertRefused(context, "state_returnable", Errors.InvalidRequest, redirect: true);
        Assert.Null(context.State);
    }

    [Fact]
    public void StateReturnable_Repeated_IsRefusedAtTheClientWithoutIt()
    {
        var context = Context(Query(s_good) + "&state=other");
        AssertRefused(context, "state_returnable", Errors.InvalidRequest, redirect: true);
        Assert.Null(context.State);
    }

    [Theory]
    [InlineData("response_type=code")]
    [InlineData("scope=x")]
    [InlineData("code_challenge=x")]
    [InlineData("code_challenge_method=S256")]
    public void ParametersNotRepeated_Repeated_IsRefused(string more)
        => AssertRefused(Context(Query(s_good) + "&" + more), "parameters_not_repeated", Errors.InvalidRequest, redirect: true);

    [Fact]
    public void ParametersNotRepeated_UnknownAndEmptyParameters_AreIgnored()
        => Assert.Null(AuthorizationRules.All.FirstViolation(Context(Query(s_good) + "&foo=1&foo=2&claims=%7B%7D&state=&registration=x")));

    [Theory]
    [InlineData("request", Errors.RequestNotSupported)]
    [InlineData("request_uri", Errors.RequestUriNotSupported)]
    public void NoRequestObject_Given_IsRefused(string name, string error)
        => AssertRefused(Context(With(name, "http://169.254.169.254/x")), "no_request_object", error, redirect: true);

    [Theory]
    [InlineData(null, Errors.InvalidRequest)]
    [InlineData("token", Errors.UnsupportedResponseType)]
    [InlineData("id_token", Errors.UnsupportedResponseType)]
    [InlineData("code token", Errors.UnsupportedResponseType)]
    [InlineData("none", Errors.UnsupportedResponseType)]
    public void ResponseTypeCode_AnythingElse_IsRefused(string? type, string error)
        => AssertRefused(Context(type is null ? Without("response_type") : With("response_type", type)), "response_type_code", error, redirect: true);

    [Theory]
    [InlineData("fragment")]
    [InlineData("form_post")]
    [InlineData("web_message")]
    [InlineData("query.jwt")]
    public void ResponseModeQuery_AnythingElse_IsRefused(string mode)
        => AssertRefused(Context(With("response_mode", mode)), "response_mode_query", Errors.InvalidRequest, redirect: true);

    [Theory]
    [InlineData("plain")]
    [InlineData("s256")]
    [InlineData("S512")]
    [InlineData("S256 ")]
    [InlineData(null)]
    public void CodeChallengeS256_AnotherMethod_IsRefused(string? method)
        => AssertRefused(
            Context(method is null ? Without("code_challenge_method") : With("code_challenge_method", method)), "code_challenge_s256", Errors.InvalidRequest, redirect: true);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c")]
    [InlineData("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cMM")]
    [InlineData("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c=")]
    [InlineData("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw/cM")]
    [InlineData("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cé")]
    public void CodeChallengeS256_NotAHash_IsRefused(string? challenge)
        => AssertRefused(Context(challenge is null ? Without("code_challenge") : With("code_challenge", challenge)), "code_challenge_s256", Errors.InvalidRequest, redirect: true);

    [Theory]
    [InlineData("-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-")]
    public void CodeChallengeS256_LeadingDash_IsTaken(string challenge)
        => Assert.Null(AuthorizationRules.All.FirstViolation(Context(With("code_challenge", challenge))));

    [Theory]
    [InlineData("https://A.TEST")]
    [InlineData("https://a.test/")]
    [InlineData("https://a.test:443/mcp")]
    public void ResourceOfThisApplication_EquivalentOrBelow_IsTaken(string resource)
        => Assert.Null(AuthorizationRules.All.FirstViolation(Context(With("resource", resource))));

    [Theory]
    [InlineData("https://a.test/../b")]
    [InlineData("https://a.test#x")]
    [InlineData("a.test")]
    [InlineData("https://a.test.evil.test")]
    [InlineData("https://b.test")]
    [InlineData("http://a.test")]
    public void ResourceOfThisApplication_AnotherOrMalformed_IsInvalidTarget(string resource)
        => AssertRefused(Context(With("resource", resource)), "resource_of_this_application", Errors.InvalidTarget, redirect: true);

    [Fact]
    public void ResourceOfThisApplication_SecondResourceOfAnother_IsInvalidTarget()
        => AssertRefused(Context(Query(s_good) + "&resource=https%3A%2F%2Fb.test"), "resource_of_this_application", Errors.InvalidTarget, redirect: true);

    [Fact]
    public void ResourceOfThisApplication_Absent_IsTheApplication()
    {
        var context = Context(Without("resource"));
        Assert.Null(AuthorizationRules.All.FirstViolation(context));
        Assert.Equal("", context.Resource);
    }

    [Theory]
    [InlineData("a\"b")]
    [InlineData("a\\b")]
    [InlineData("a\nb")]
    [InlineData("é")]
    public void ScopeAcceptable_BadCharacters_AreInvalidScope(string scope)
        => AssertRefused(Context(With("scope", scope)), "scope_acceptable", Errors.InvalidScope, redirect: true);

    [Fact]
    public void ScopeAcceptable_FiveThousandScopes_AreInvalidScope()
        => AssertRefused(Context(With("scope", string.Join(' ', Enumerable.Range(0, 5000)))), "scope_acceptable", Errors.InvalidScope, redirect: true);

    [Theory]
    [InlineData("none", Errors.InteractionRequired)]
    [InlineData("none login", Errors.InvalidRequest)]
    public void PromptPossible_None_IsRefused(string prompt, string error)
        => AssertRefused(Context(With("prompt", prompt)), "prompt_possible", error, redirect: true);

    [Theory]
    [InlineData("consent", false)]
    [InlineData("login", true)]
    [InlineData("login consent", true)]
    [InlineData("select_account", true)]
    [InlineData("whatever", false)]
    public void PromptPossible_Others_AreHonouredOrIgnored(string prompt, bool forceLogin)
    {
        var context = Context(With("prompt", prompt));
        Assert.Null(AuthorizationRules.All.FirstViolation(context));
        Assert.Equal(forceLogin, context.ForceLogin);
    }

    [Fact]
    public void Descriptions_HoldOnlyWhatRfc6749Allows()
    {
        foreach (var (name, value) in s_good.Keys.SelectMany(name => new[] { (name, "\"\\\né"), (name, "") }))
        {
            if (AuthorizationRules.All.FirstViolation(Context(With(name, value))) is { } violation)
            {
                Assert.DoesNotContain(violation.Rejection.Description, c => c is < ' ' or '"' or '\\' or > '~');
            }
        }
    }

    private static void AssertRefused(AuthorizationContext context, string rule, string error, bool redirect)
    {
        var violation = AuthorizationRules.All.FirstViolation(context);
        Assert.NotNull(violation);
        Assert.Equal((rule, error, redirect), (violation.Value.Rule.Id, violation.Value.Rejection.Error, context.MayRedirect));
    }

    private static AuthorizationContext Context(Dictionary<string, string> values, RegisteredClient? client = null) => Context(Query(values), client);

    private static AuthorizationContext Context(string query, RegisteredClient? client = null)
    {
        Assert.True(Parameters.TryParse(query, out var parameters));
        return new AuthorizationContext(parameters, Application(), client ?? Client());
    }

    private static Parameters Read(Dictionary<string, string> values)
    {
        Assert.True(Parameters.TryParse(Query(values), out var parameters));
        return parameters;
    }

    private static string Query(Dictionary<string, string> values) => string.Join('&', values.Select(pair => $"{pair.Key}={Uri.EscapeDataString(pair.Value)}"));

    private static Dictionary<string, string> With(string name, string value) => new(s_good) { [name] = value };

    private static Dictionary<string, string> Without(string name) => s_good.Where(pair => pair.Key != name).ToDictionary();

    private static Application Application() => new()
    {
        Id = Guid.NewGuid(),
        Aud = "aud",
        Name = "A",
        Domain = "a.test",
        OauthConfiguration = new OAuthConfiguration { DynamicClientRegistration = new() { AllowAnyOnLocalhost = true, AllowAnyOnLoopback = true, AllowedUris = ["https://c.test/*"] } },
    };

    private static RegisteredClient Client(params string[] redirectUris) => new()
    {
        Id = "c1",
        ApplicationId = Guid.NewGuid(),
        RedirectUris = redirectUris.Length == 0 ? ["http://127.0.0.1/cb"] : redirectUris,
        GrantTypes = ["authorization_code"],
        ResponseTypes = ["code"],
        IssuedAt = DateTimeOffset.UnixEpoch,
        ExpiresAt = DateTimeOffset.MaxValue,
    };
}
