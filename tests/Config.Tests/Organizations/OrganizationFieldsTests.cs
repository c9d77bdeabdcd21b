using System.Text.Json.Nodes;
using ManagedOAuth.Config.Organizations;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Contracts.Configuration;
using Microsoft.AspNetCore.Http;

namespace ManagedOAuth.Config.Tests.Organizations;

/// <summary>Every documented field of the organization.</summary>
public sealed class OrganizationFieldsTests
{
    private static readonly Group s_group = new() { Id = Guid.NewGuid(), Name = "admins" };
    private static readonly CustomPage s_forbidden = new() { Id = Guid.NewGuid(), Name = "f", Type = CustomPageType.Forbidden, CustomHtml = "<p>no</p>" };
    private static readonly CustomPage s_denied = new() { Id = Guid.NewGuid(), Name = "d", Type = CustomPageType.IdentityDenied, CustomHtml = "<p>no</p>" };

    private static readonly ConfigurationSnapshot s_snapshot = ConfigurationSnapshot.Empty with
    {
        Groups = ConfigurationSnapshot.Empty.Groups.Add(s_group.Id, s_group),
        CustomPages = ConfigurationSnapshot.Empty.CustomPages.Add(s_forbidden.Id, s_forbidden).Add(s_denied.Id, s_denied),
    };

    private static readonly DocumentedField[] s_fields =
    [
        new("/name", "\"Team\""),
        new("/auth_domain", "\"team.example.com\"", "\"https://team.example.com\""),
        new("/session_duration", "\"12h\""),
        new("/auto_redirect_to_identity", "true"),
        new("/is_ui_read_only", "true"),
        new("/strict_service_token_auth", "true"),
        new("/service_token_inactivity/enabled", "true"),
        new("/service_token_inactivity/inactivity_threshold_days", "60"),
        new("/service_token_inactivity/action", "\"delete\""),
        new("/custom_pages/forbidden", $"\"{s_forbidden.Id}\""),
        new("/custom_pages/identity_denied", $"\"{s_denied.Id}\""),
        new("/login_design/background_color", "\"#0b5fff\""),
        new("/login_design/text_color", "\"#ffffff\""),
        new("/login_design/logo_path", "\"https://x.test/logo.png\""),
        new("/login_design/header_text", "\"Hello\""),
        new("/login_design/footer_text", "\"Bye\""),

        // Of the original, without a meaning here: what they may say is what is always so.
        new("/allow_authenticate_via_warp", "true", "false"),
        new("/deny_unmatched_requests", "true"),
        new("/mfa_required_for_all_apps", "false"),
        new("/user_seat_expiration_inactive_time", "\"800h\"", ""),
        new("/warp_auth_session_duration", "\"24h\"", ""),
        new("/warp_auth_non_browser_401", "true", ""),

        // Ours.
        new("/revocation_staleness_limit", "\"30s\""),
        new("/serve_stale_revocations", "true"),
        new("/assertion_algorithm", "\"ES256\""),
        new("/dashboard_permissions", $$"""[{"group_id":"{{s_group.Id}}","permissions":["read"]}]"""),
    ];

    // Objects whose members have rows of their own.
    private static readonly DocumentedField[] s_objects =
        [new("/service_token_inactivity", "{}"), new("/custom_pages", "{}"), new("/login_design", "{}"), new("/mfa_config", "{}")];

    public static TheoryData<string, string> WrongTypes => FieldContract.WrongTypes(s_fields.Concat(s_objects));

    [Fact]
    public void EveryField_IsKept()
    {
        var (reader, errors) = FieldContract.Read(FieldContract.Whole(s_fields));
        var shown = Show(OrganizationReader.Read(reader, null, s_snapshot));
        Assert.Empty(errors);
        FieldContract.AssertKept(shown, s_fields);
        FieldContract.AssertComplete(shown, s_fields, "id", "created_at", "updated_at", "version");
    }

    [Fact]
    public void WhatIsShown_CanBePutBack()
    {
        var organization = OrganizationReader.Read(FieldContract.Read(FieldContract.Whole(s_fields)).Reader, null, s_snapshot);
        var (reader, errors) = FieldContract.Read(Show(organization));
        Assert.Equal(Show(organization).ToJsonString(), Show(OrganizationReader.Read(reader, organization, s_snapshot)).ToJsonString());
        Assert.Empty(errors);
    }

    [Fact]
    public void DenyUnmatchedRequests_CannotBeSwitchedOff()
    {
        var (reader, errors) = FieldContract.Read(FieldContract.With(FieldContract.Whole(s_fields), "/deny_unmatched_requests", "false"));
        OrganizationReader.Read(reader, null, s_snapshot);
        FieldContract.AssertRefused(errors, "/deny_unmatched_requests");
    }

    [Theory]
    [MemberData(nameof(WrongTypes))]
    public void Field_OfAnotherType_IsRefusedByName(string pointer, string json)
    {
        var (reader, errors) = FieldContract.Read(FieldContract.With(FieldContract.Whole(s_fields), pointer, json));
        OrganizationReader.Read(reader, null, s_snapshot);
        FieldContract.AssertRefused(errors, pointer);
    }

    private static JsonNode Show(Organization organization) => new OrganizationKind(new HttpContextAccessor()).Show(organization, s_snapshot);
}
