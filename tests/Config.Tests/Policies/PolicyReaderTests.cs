using System.Text.Json;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Groups;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Config.Tests.Policies;

public sealed class PolicyReaderTests
{
    [Fact]
    public void Read_EveryRuleKind_ComesBackAsItWasWritten()
    {
        var group = new Group { Id = Guid.NewGuid(), Name = "eng" };
        var provider = new IdentityProvider { Id = Guid.NewGuid(), Name = "sso", Type = "oidc" };
        var snapshot = ConfigurationSnapshot.Empty with
        {
            Groups = ConfigurationSnapshot.Empty.Groups.Add(group.Id, group),
            IdentityProviders = ConfigurationSnapshot.Empty.IdentityProviders.Add(provider.Id, provider),
        };
        var include = $$$"""[{"email":{"email":"a@example.com"}},{"email_domain":{"domain":"example.com"}},{"everyone":{}},{"group":{"id":"{{{group.Id}}}"}},{"ip":{"ip":"10.0.0.0/8"}},{"login_method":{"id":"{{{provider.Id}}}"}},{"oidc":{"identity_provider_id":"{{{provider.Id}}}","claim_name":"groups","claim_value":"eng"}}]""";
        var (policy, errors) = Read($$"""{"name":"p","decision":"allow","include":{{include}}}""", snapshot);
        Assert.Empty(errors);
        Assert.Equal(include, JsonSerializer.Serialize(policy, ConfigurationJson.Default.Policy) is var json ? JsonDocument.Parse(json).RootElement.GetProperty("include").GetRawText() : "");
    }

    [Theory]
    [InlineData("""{"device_posture":{"integration_uid":"x"}}""", "cannot be evaluated")]
    [InlineData("""{"geo":{"country_code":"SE"}}""", "the country of an address is not known here: the operator names a list of networks (Geo__Networks) at every service first; or use ip or ip_list")]
    [InlineData("""{"certificate":{}}""", "Rules of kind 'certificate' cannot be evaluated: no client certificates are asked for here; use a service token")]
    [InlineData("""{"common_name":{"common_name":"build.example.com"}}""", "Rules of kind 'common_name' cannot be evaluated: no client certificates are asked for here; use a service token")]
    [InlineData("""{"nonsense":{}}""", "There is no rule of kind")]
    [InlineData("""{"external_evaluation":{"evaluate_url":"http://eval.test","keys_url":"https://eval.test/keys"}}""", "an https URL")]
    [InlineData("""{"email":{"email":"a@x"},"everyone":{}}""", "exactly one member")]
    [InlineData("""{"ip":{"ip":"10.0.0.0/33"}}""", "no address or network")]
    [InlineData("""{"group":{"id":"5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11"}}""", "there is no group")]
    [InlineData("\"everyone\"", "exactly one member")]
    public void Read_RuleThatCannotBeDecided_IsRefusedNeverDropped(string rule, string reason)
    {
        var (_, errors) = Read($$$"""{"name":"p","decision":"allow","include":[{"everyone":{}},{{{rule}}}]}""");
        var error = Assert.Single(errors);
        Assert.StartsWith("/include/1", error.Source!.Pointer, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SE", null)]
    [InlineData("se", null)]
    [InlineData("UK", "no network of the operator's list is in UK")]
    [InlineData("SWE", "the two letters of a country")]
    public void Read_Geo_TakesCountriesOfTheOperatorsList(string country, string? reason)
    {
        using var list = new StringReader("198.51.100.0/24,SE\n192.0.2.0/24,GB\n");
        var (policy, errors) = Read($$$"""{"name":"p","decision":"allow","include":[{"geo":{"country_code":"{{{country}}}"}}]}""", ConfigurationSnapshot.Empty with { Countries = CountryNetworks.Read(list) });
        if (reason is null)
        {
            Assert.Empty(errors);
            Assert.Equal([new Rule.Geo("SE")], policy.Include);
        }
        else
        {
            Assert.Equal("/include/0/geo/country_code", Assert.Single(errors).Source!.Pointer);
            Assert.Contains(reason, errors[0].Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("bypass", """{"email":{"email":"a@example.com"}}""")]
    [InlineData("non_identity", """{"email_domain":{"domain":"example.com"}}""")]
    [InlineData("allow", """{"any_valid_service_token":{}}""")]
    [InlineData("bypass", """{"external_evaluation":{"evaluate_url":"https://eval.test","keys_url":"https://eval.test/keys"}}""")]
    public void Read_RuleThatDoesNotFitTheDecision_IsRefused(string decision, string rule)
        => Assert.Equal("/include/0", Assert.Single(Read($$"""{"name":"p","decision":"{{decision}}","include":[{{rule}}]}""").Errors).Source!.Pointer);

    [Theory]
    [InlineData("allow", false)]
    [InlineData("deny", false)]
    [InlineData("non_identity", true)]
    [InlineData("bypass", true)]
    public void Read_LinkedAppToken_BelongsToPoliciesWithoutUsers(string decision, bool fits)
    {
        var application = new Application { Id = Guid.NewGuid(), Aud = "", Name = "A", Domain = "a.test" };
        var snapshot = ConfigurationSnapshot.Empty with { Applications = ConfigurationSnapshot.Empty.Applications.Add(application.Id, application) };
        var (_, errors) = Read($$$"""{"name":"p","decision":"{{{decision}}}","include":[{"linked_app_token":{"app_uid":"{{{application.Id}}}"}}]}""", snapshot);
        Assert.Equal(fits, errors.Count == 0);
    }

    /// <summary>A rule, the member of it that is wrong, and what is said of it.</summary>
    public static TheoryData<string, string, string> WrongValues => new()
    {
        { """{"email":{"email":"bob"}}""", "email/email", "'bob' is no e-mail address" },
        { """{"email":{"email":"bob@"}}""", "email/email", "no e-mail address" },
        { """{"email":{"email":"bob smith@example.com"}}""", "email/email", "no e-mail address" },
        { """{"email":{"email":"bob@example.com, eve@example.com"}}""", "email/email", "no e-mail address" },
        { """{"email":{"email":"bob@m\u00fcnchen.example"}}""", "email/email", "an internationalised domain as xn--..." },
        { """{"email":{"email":"bob@\u212A.example"}}""", "email/email", "no e-mail address" },
        { """{"email":{"email":""}}""", "email/email", "needs the text 'email'" },
        { """{"email":{"email":"  "}}""", "email/email", "with something in it" },
        { """{"email_domain":{"domain":"bob@example.com"}}""", "email_domain/domain", "write the domain alone" },
        { """{"email_domain":{"domain":"example .com"}}""", "email_domain/domain", "no domain" },
        { """{"email_domain":{"domain":"example.com."}}""", "email_domain/domain", "no domain" },
        { """{"email_domain":{"domain":"*.example.com"}}""", "email_domain/domain", "no domain" },
        { """{"email_domain":{"domain":"m\u00fcnchen.example"}}""", "email_domain/domain", "an internationalised one as xn--..." },
        { """{"email_domain":{"domain":"example"}}""", "email_domain/domain", "has no dot" },
        { """{"email_domain":{"domain":"@"}}""", "email_domain/domain", "no domain" },
        { """{"email_domain":{"domain":""}}""", "email_domain/domain", "needs the text 'domain'" },
        { """{"ip":{"ip":"10.0.0.0/33"}}""", "ip/ip", "no address or network" },
        { """{"ip":{"ip":"10.0.0.0/08"}}""", "ip/ip", "no address or network" },
        { """{"ip":{"ip":"10.0.0.0/"}}""", "ip/ip", "no address or network" },
        { """{"ip":{"ip":"fe80::1%eth0"}}""", "ip/ip", "no address or network" },
        { """{"ip":{"ip":"10.1.2.3/8"}}""", "ip/ip", "write 10.0.0.0/8 for the network, or 10.1.2.3 for the one address" },
        { """{"ip":{"ip":"2001:db8::1/32"}}""", "ip/ip", "write 2001:db8::/32 for the network" },
        { """{"ip":{"ip":"010.0.0.1"}}""", "ip/ip", "reads as 8.0.0.1/32" },
        { """{"ip":{"ip":"10.1"}}""", "ip/ip", "four decimal numbers" },
        { """{"ip":{"ip":"::ffff:10.0.0.0/104"}}""", "ip/ip", "write 10.0.0.0 with a prefix length of at most 32" },
        { """{"ip":{"ip":""}}""", "ip/ip", "needs the text 'ip'" },
        { """{"auth_method":{"auth_method":" "}}""", "auth_method/auth_method", "with something in it" },
        { """{"auth_method":{"auth_method":"mfa\n"}}""", "auth_method/auth_method", "without control characters" },
        { """{"okta":{"identity_provider_id":"P","name":""}}""", "okta/name", "needs the text 'name'" },
        { """{"oidc":{"identity_provider_id":"P","claim_name":"","claim_value":"x"}}""", "oidc/claim_name", "needs the text 'claim_name'" },
        { """{"oidc":{"identity_provider_id":"P","claim_name":"x","claim_value":"\t"}}""", "oidc/claim_value", "with something in it" },
        { """{"saml":{"identity_provider_id":"P","attribute_name":"x","attribute_value":""}}""", "saml/attribute_value", "needs the text 'attribute_value'" },
        { """{"github-organization":{"identity_provider_id":"P","name":"acme/core"}}""", "github-organization/name", "name the organization in name" },
        { """{"github-organization":{"identity_provider_id":"P","name":"acme","team":"the core"}}""", "github-organization/team", "the team, if one is meant, in team" },
        { """{"group":{"id":""}}""", "group/id", "a uuid" },
        { """{"group":{"id":"5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11"}}""", "group/id", "there is no group" },
        { """{"email_list":{"id":"5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11"}}""", "email_list/id", "there is no list" },
        { """{"okta":{"identity_provider_id":"5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11","name":"x"}}""", "okta/identity_provider_id", "there is no identity provider" },
        { """{"external_evaluation":{"evaluate_url":"http://eval.test","keys_url":"https://eval.test/keys"}}""", "external_evaluation/evaluate_url", "an https URL" },
    };

    [Theory]
    [MemberData(nameof(WrongValues))]
    public void Read_ValueThatCanNeverMatch_IsRefusedAtItsMember(string rule, string member, string reason)
    {
        var provider = new IdentityProvider { Id = Guid.NewGuid(), Name = "sso", Type = member.StartsWith("github", StringComparison.Ordinal) ? "github" : "oidc" };
        var snapshot = ConfigurationSnapshot.Empty with { IdentityProviders = ConfigurationSnapshot.Empty.IdentityProviders.Add(provider.Id, provider) };
        var wrong = rule.Replace("\"P\"", $"\"{provider.Id}\"", StringComparison.Ordinal);
        foreach (var list in (string[])["include", "require", "exclude"])
        {
            var others = list == "include" ? "" : "\"include\":[{\"everyone\":{}}],";
            var error = Assert.Single(Read($$$"""{"name":"p","decision":"allow",{{{others}}}"{{{list}}}":[{"everyone":{}},{{{wrong}}}]}""", snapshot).Errors);
            Assert.Equal($"/{list}/1/{member}", error.Source!.Pointer);
            Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""{"email":{"email":" Bob@Example.COM "}}""", "bob@example.com")]
    [InlineData("""{"email":{"email":"bob@xn--mnchen-3ya.example"}}""", "bob@xn--mnchen-3ya.example")]
    [InlineData("""{"email_domain":{"domain":" @Example.COM"}}""", "example.com")]
    [InlineData("""{"email_domain":{"domain":"XN--Mnchen-3ya.example"}}""", "xn--mnchen-3ya.example")]
    [InlineData("""{"ip":{"ip":"0.0.0.0/0"}}""", "0.0.0.0/0")]
    [InlineData("""{"ip":{"ip":" 10.1.2.3 "}}""", "10.1.2.3")]
    [InlineData("""{"ip":{"ip":"10.1.2.3/32"}}""", "10.1.2.3/32")]
    [InlineData("""{"ip":{"ip":"2001:DB8::/32"}}""", "2001:DB8::/32")]
    public void Read_ValueThatCanMatch_IsKeptNormalised(string rule, string value)
    {
        var (policy, errors) = Read($$"""{"name":"p","decision":"allow","include":[{{rule}}]}""");
        Assert.Empty(errors);
        Assert.Equal(value, Assert.Single(policy.Include).Value);
    }

    [Fact]
    public void Read_RuleThatDoesNotFitBehindOneThatIsBroken_IsNamedWhereItStands()
        => Assert.Equal(["/include/0/ip/ip", "/include/2"], Read("""{"name":"p","decision":"bypass","include":[{"ip":{"ip":"x"}},{"everyone":{}},{"email":{"email":"a@example.com"}}]}""").Errors.Select(error => error.Source!.Pointer));

    [Fact]
    public void Read_WithoutNameDecisionAndInclude_TellsAllThree()
        => Assert.Equal(["/name", "/decision", "/include"], Read("{}").Errors.Select(error => error.Source!.Pointer));

    [Fact]
    public void Read_GroupThatContainsItself_IsRefused()
    {
        var outer = Guid.NewGuid();
        var inner = new Group { Id = Guid.NewGuid(), Name = "inner", Include = [new Rule.InGroup(outer)] };
        var known = new Group { Id = outer, Name = "outer" };
        var snapshot = ConfigurationSnapshot.Empty with { Groups = ConfigurationSnapshot.Empty.Groups.Add(inner.Id, inner).Add(outer, known) };
        var errors = new List<ApiError>();
        GroupReader.Read(new BodyReader(JsonDocument.Parse($$$"""{"name":"outer","include":[{"group":{"id":"{{{inner.Id}}}"}}]}""").RootElement, errors), outer, snapshot);
        Assert.Contains("cannot contain itself", Assert.Single(errors).Message, StringComparison.Ordinal);
    }

    private static (Policy Policy, List<ApiError> Errors) Read(string body, ConfigurationSnapshot? snapshot = null)
    {
        var errors = new List<ApiError>();
        var policy = PolicyReader.Read(new BodyReader(JsonDocument.Parse(body).RootElement, errors), Guid.NewGuid(), true, snapshot ?? ConfigurationSnapshot.Empty);
        return (policy, errors);
    }
}
