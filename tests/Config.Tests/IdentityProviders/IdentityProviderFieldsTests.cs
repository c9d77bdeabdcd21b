using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.IdentityProviders;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Contracts.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.Config.Tests.IdentityProviders;

/// <summary>Every documented field of an identity provider, by its type.</summary>
[Collection(ConfigCollection.Name)]
public sealed class IdentityProviderFieldsTests(ConfigHost host)
{
    private const string Oidc = "oidc";
    private const string GitHub = "github";
    private const string OneTimePin = "onetimepin";

    private static readonly DocumentedField[] s_scim =
    [
        new("/scim_config/enabled", "true"),
        new("/scim_config/user_deprovision", "true"),
        new("/scim_config/seat_deprovision", "true"),
        new("/scim_config/group_member_deprovision", "true"),
        new("/scim_config/identity_update_behavior", "\"no_action\""),
    ];

    private static readonly Dictionary<string, DocumentedField[]> s_fields = new()
    {
        [Oidc] =
        [
            new("/name", "\"Corporate\""),
            new("/type", "\"oidc\""),
            new("/config/client_id", "\"c\""),
            new("/config/client_secret", "\"s\"", ""),
            new("/config/issuer_url", "\"https://idp.example\""),
            new("/config/auth_url", "\"https://idp.example/authorize\""),
            new("/config/token_url", "\"https://idp.example/token\""),
            new("/config/certs_url", "\"https://idp.example/jwks\""),
            new("/config/userinfo_url", "\"https://idp.example/me\""),
            new("/config/end_session_url", "\"https://idp.example/logout\""),
            new("/config/claims", """["department"]"""),
            new("/config/email_claim_name", "\"mail\""),
            new("/config/groups_claim_name", "\"roles\""),
            new("/config/scopes", """["openid","email","offline_access"]"""),
            new("/config/pkce_enabled", "false"),
            new("/config/token_endpoint_auth_method", "\"client_secret_post\""),
            new("/config/private_key_id", "\"k1\""),
            new("/config/authorization_parameters", """{"audience":"x"}"""),
            .. s_scim,
        ],
        [GitHub] =
        [
            new("/name", "\"Code\""),
            new("/type", "\"github\""),
            new("/config/client_id", "\"c\""),
            new("/config/client_secret", "\"s\"", ""),
            new("/config/base_url", "\"https://git.example\""),
            new("/config/api_url", "\"https://api.git.example\""),
            .. s_scim,
        ],
        [OneTimePin] = [new("/name", "\"PIN\""), new("/type", "\"onetimepin\"")],
    };

    private static readonly DocumentedField[] s_objects = [new("/config", "{}"), new("/scim_config", "{}")];

    public static TheoryData<string, string, string> WrongTypes
    {
        get
        {
            var rows = new TheoryData<string, string, string>();
            foreach (var (type, fields) in s_fields)
            {
                foreach (var row in FieldContract.WrongTypes(fields.Concat(s_objects)))
                {
                    rows.Add(type, (string)row[0], (string)row[1]);
                }
            }

            return rows;
        }
    }

    [Theory]
    [InlineData(Oidc)]
    [InlineData(GitHub)]
    [InlineData(OneTimePin)]
    public void EveryField_IsKept_AndTheSecretsAreNotShown(string type)
    {
        var (provider, errors) = Read(FieldContract.Whole(s_fields[type]));
        Assert.Empty(errors);
        var shown = Kind.Show(provider, ConfigurationSnapshot.Empty);
        FieldContract.AssertKept(shown, s_fields[type]);
        FieldContract.AssertComplete(shown, s_fields[type], "id", "config", "created_at", "updated_at", "version");
        if (shown["config"] is JsonObject config)
        {
            Assert.Empty(config.Select(member => $"/config/{member.Key}").Except(s_fields[type].Select(field => field.Pointer)));
        }

        // What is shown can be put back: the secret stays.
        var (again, refused) = Read(shown.DeepClone().AsObject(), provider);
        Assert.Empty(refused);
        Assert.Equal(shown.ToJsonString(), Kind.Show(again, ConfigurationSnapshot.Empty).ToJsonString());
        Assert.Equal(provider.SealedSecrets?.Keys, again.SealedSecrets?.Keys);
    }

    [Theory]
    [MemberData(nameof(WrongTypes))]
    public void Field_OfAnotherType_IsRefusedByName(string type, string pointer, string json)
        => FieldContract.AssertRefused(Read(FieldContract.With(FieldContract.Whole(s_fields[type]), pointer, json)).Errors, pointer);

    private IdentityProviderReader Reader => host.Services.GetRequiredService<IdentityProviderReader>();

    private IdentityProviderKind Kind => new(Reader);

    private (IdentityProvider Provider, List<ApiError> Errors) Read(JsonObject body, IdentityProvider? existing = null)
    {
        var (reader, errors) = FieldContract.Read(body);
        return (Reader.Read(reader, existing?.Id ?? Guid.NewGuid(), existing, ConfigurationSnapshot.Empty), errors);
    }
}
