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
    [InlineData("""{"geo":{"country_code":"SE"}}""", "Rules of kind 'geo' cannot be evaluated: the country of an address is not known here; use ip or ip_list")]
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
        Assert.Equal("/include/1", error.Source!.Pointer);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bypass", """{"email":{"email":"a@example.com"}}""")]
    [InlineData("non_identity", """{"email_domain":{"domain":"example.com"}}""")]
    [InlineData("allow", """{"any_valid_service_token":{}}""")]
    [InlineData("bypass", """{"external_evaluation":{"evaluate_url":"https://eval.test","keys_url":"https://eval.test/keys"}}""")]
    [InlineData("non_identity", """{"linked_app_token":{"app_uid":"5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11"}}""")]
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
