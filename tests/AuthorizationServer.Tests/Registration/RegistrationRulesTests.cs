using System.Text.Json;
using ManagedOAuth.AuthorizationServer.Registration;
using ManagedOAuth.AuthorizationServer.Rules;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.AuthorizationServer.Tests.Registration;

public sealed class RegistrationRulesTests
{
    private static readonly DynamicClientRegistration s_settings = new() { AllowAnyOnLocalhost = true, AllowedUris = ["https://good.test/*", "com.example.app:/cb"] };

    private static readonly RegistrationRequest s_good = new() { RedirectUris = ["http://localhost:7777/cb"] };

    [Fact]
    public void MinimalRequest_GetsTheDefaults()
    {
        var context = AssertAccepted(s_good);
        Assert.Equal(["http://localhost:7777/cb"], context.RedirectUris);
        Assert.Equal(["authorization_code", "refresh_token"], context.GrantTypes);
        Assert.Equal(["code"], context.ResponseTypes);
        Assert.Null(context.Name);
        Assert.Null(context.Scope);
    }

    [Fact]
    public void RedirectUrisPresent_NoneOrTooMany_AreRefused()
    {
        AssertRefused(s_good with { RedirectUris = null }, "redirect_uris_present", Errors.InvalidRedirectUri);
        AssertRefused(s_good with { RedirectUris = [] }, "redirect_uris_present", Errors.InvalidRedirectUri);
        AssertRefused(s_good with { RedirectUris = [.. Enumerable.Repeat("http://localhost/cb", 10_000)] }, "redirect_uris_present", Errors.InvalidRedirectUri);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("/cb")]
    [InlineData("https://good.test/cb#f")]
    [InlineData("*")]
    [InlineData("https://*/cb")]
    [InlineData("https://evil.test/cb")]
    [InlineData("http://good.test/cb")]
    [InlineData("http://127.0.0.1/cb")]
    [InlineData("javascript:alert(1)")]
    [InlineData("https://good.test/cb?code=1")]
    [InlineData("https://good.test/cb?a=1&iss=x")]
    [InlineData(null)]
    public void RedirectUrisAllowed_NoneAcceptable_IsInvalidRedirectUri(string? uri)
        => AssertRefused(s_good with { RedirectUris = [uri] }, "redirect_uris_allowed", Errors.InvalidRedirectUri);

    [Fact]
    public void RedirectUrisAllowed_SomeAcceptable_RegistersThoseAndRecordsTheOthers()
    {
        var context = AssertAccepted(s_good with { RedirectUris = ["https://evil.test/cb", "https://good.test/cb?x=1", "com.example.app:/cb", "com.example.app:/cb"] });
        Assert.Equal(["https://good.test/cb?x=1", "com.example.app:/cb"], context.RedirectUris);
        Assert.Equal(["https://evil.test/cb"], context.RefusedRedirectUris);
    }

    [Fact]
    public void GrantTypesOffered_MoreThanOffered_AreReduced()
    {
        Assert.Equal(["authorization_code", "refresh_token"], AssertAccepted(s_good with { GrantTypes = ["refresh_token", "authorization_code", "password"] }).GrantTypes);
        AssertRefused(s_good with { GrantTypes = ["client_credentials"] }, "grant_types_offered", Errors.InvalidClientMetadata);
        AssertRefused(s_good with { GrantTypes = ["implicit", "refresh_token"] }, "grant_types_offered", Errors.InvalidClientMetadata);
    }

    [Fact]
    public void ResponseTypesOffered_WithoutCode_IsRefused()
    {
        Assert.Equal(["code"], AssertAccepted(s_good with { ResponseTypes = ["token", "code"] }).ResponseTypes);
        AssertRefused(s_good with { ResponseTypes = ["token"] }, "response_types_offered", Errors.InvalidClientMetadata);
    }

    [Fact]
    public void KeysGivenOnce_Both_AreRefused()
    {
        var keys = JsonDocument.Parse("""{"keys":[]}""").RootElement;
        AssertAccepted(s_good with { JwksUri = "http://169.254.169.254/" });
        AssertRefused(s_good with { JwksUri = "https://a.test/", Jwks = keys }, "keys_given_once", Errors.InvalidClientMetadata);
    }

    [Theory]
    [InlineData("Claude Code", "Claude Code")]
    [InlineData("  a \n\t b  ", "a b")]
    [InlineData("evil\u202Etxt.exe", "eviltxt.exe")]
    [InlineData("zero\u200Bwidth\u200D\uFEFF", "zerowidth")]
    [InlineData("\u0000\u0007\u001b[31m", "[31m")]
    [InlineData("\u202E\u2066", null)]
    [InlineData("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>")]
    public void ClientNameHarmless_HostileName_IsCleaned(string name, string? shown)
        => Assert.Equal(shown, AssertAccepted(s_good with { ClientName = name }).Name);

    [Fact]
    public void ClientNameHarmless_LongName_IsCutOnAWholeCharacter()
    {
        var name = AssertAccepted(s_good with { ClientName = string.Concat(Enumerable.Repeat("\U0001F600", 5000)) }).Name!;
        Assert.Equal(80, name.Length);
        Assert.True(char.IsLowSurrogate(name[^1]));
    }

    [Fact]
    public void ScopeWellFormed_BadScope_IsRefused()
    {
        Assert.Equal("a b", AssertAccepted(s_good with { Scope = " a  b a" }).Scope);
        AssertRefused(s_good with { Scope = "a\"b" }, "registered_scope_well_formed", Errors.InvalidClientMetadata);
    }

    private static RegistrationContext AssertAccepted(RegistrationRequest request)
    {
        var context = new RegistrationContext(request, s_settings);
        Assert.Null(RegistrationRules.All.FirstViolation(context));
        return context;
    }

    private static void AssertRefused(RegistrationRequest request, string rule, string error)
    {
        var violation = RegistrationRules.All.FirstViolation(new RegistrationContext(request, s_settings));
        Assert.NotNull(violation);
        Assert.Equal((rule, error), (violation.Value.Rule.Id, violation.Value.Rejection.Error));
    }
}
