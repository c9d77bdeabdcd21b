using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Tests.Policies;

/// <summary>Every documented field of a policy.</summary>
public sealed class PolicyFieldsTests
{
    private static readonly DocumentedField[] s_fields =
    [
        new("/name", "\"Staff\""),
        new("/decision", "\"allow\""),
        new("/include", """[{"email_domain":{"domain":"example.com"}}]"""),
        new("/require", """[{"ip":{"ip":"10.0.0.0/8"}}]"""),
        new("/exclude", """[{"email":{"email":"eve@example.com"}}]"""),
        new("/session_duration", "\"30m\""),

        // Of the original; switched on they are refused, see KindsApiTests.
        new("/purpose_justification_required", "false"),
        new("/approval_required", "false"),
        new("/isolation_required", "false"),
    ];

    private static readonly DocumentedField[] s_others = [new("/mfa_config", "{}")];

    public static TheoryData<string, string> WrongTypes => FieldContract.WrongTypes(s_fields.Concat(s_others));

    /// <summary>What a rule of each kind needs, as a whole rule; a member of another type is refused with the rule.</summary>
    public static TheoryData<string> BrokenRules => new(
        """{"email":{"email":1}}""", """{"email":"a@x.test"}""", """{"email":{"email":"bob"}}""", """{"email_domain":{"domain":"a@x.test"}}""", """{"ip":{"ip":"10.0.0.1/8"}}""", """{"email":{}}""", """{"email":null}""", """{"email_domain":{"domain":true}}""", """{"email_domain":{}}""",
        """{"ip":{"ip":10}}""", """{"ip":{"ip":[]}}""", """{"ip":{}}""", """{"email_list":{"id":1}}""", """{"ip_list":{"id":{}}}""", """{"group":{"id":1}}""", """{"group":[]}""",
        """{"login_method":{"id":1}}""", """{"auth_method":{"auth_method":1}}""", """{"oidc":{"claim_name":1}}""", """{"saml":{}}""", """{"okta":{}}""", """{"azureAD":{}}""",
        """{"gsuite":{}}""", """{"github-organization":{}}""", """{"external_evaluation":{}}""", """{"external_evaluation":{"evaluate_url":1,"keys_url":2}}""",
        """{"service_token":{"token_id":1}}""", """{"linked_app_token":{"app_uid":1}}""", "{}", "1", "null", "[]");

    [Fact]
    public void EveryField_IsKept()
    {
        var (reader, errors) = FieldContract.Read(FieldContract.Whole(s_fields));
        var shown = Show(PolicyReader.Read(reader, Guid.NewGuid(), true, ConfigurationSnapshot.Empty));
        Assert.Empty(errors);
        FieldContract.AssertKept(shown, s_fields);
        FieldContract.AssertComplete(shown, s_fields, "id", "reusable", "app_count", "created_at", "updated_at", "version");
    }

    [Fact]
    public void WhatIsShown_CanBePutBack()
    {
        var policy = PolicyReader.Read(FieldContract.Read(FieldContract.Whole(s_fields)).Reader, Guid.NewGuid(), true, ConfigurationSnapshot.Empty);
        var (reader, errors) = FieldContract.Read(Show(policy));
        Assert.Equal(Show(policy).ToJsonString(), Show(PolicyReader.Read(reader, policy.Id, true, ConfigurationSnapshot.Empty)).ToJsonString());
        Assert.Empty(errors);
    }

    [Theory]
    [MemberData(nameof(WrongTypes))]
    public void Field_OfAnotherType_IsRefusedByName(string pointer, string json)
        => FieldContract.AssertRefused(Errors(FieldContract.With(FieldContract.Whole(s_fields), pointer, json)), pointer);

    [Theory]
    [MemberData(nameof(BrokenRules))]
    public void Rule_ThatIsBroken_IsRefusedWhereItStands(string rule)
    {
        foreach (var list in (string[])["include", "require", "exclude"])
        {
            var errors = Errors(FieldContract.With(FieldContract.Whole(s_fields), $"/{list}", "[{\"everyone\":{}}," + rule + "]"));
            Assert.NotEmpty(errors);
            Assert.All(errors, error => Assert.StartsWith($"/{list}/1", error.Source!.Pointer, StringComparison.Ordinal));
        }
    }

    private static List<ApiError> Errors(JsonObject body)
    {
        var (reader, errors) = FieldContract.Read(body);
        PolicyReader.Read(reader, Guid.NewGuid(), true, ConfigurationSnapshot.Empty);
        return errors;
    }

    private static JsonNode Show(Policy policy) => new PolicyKind().Show(policy, ConfigurationSnapshot.Empty);
}
