using System.Text.Json;
using System.Text.Json.Serialization;
using ManagedOAuth.Contracts.OAuth;

namespace ManagedOAuth.Contracts.Policies;

/// <summary>
/// Reads and writes rules as objects with one member. A kind that we cannot evaluate is refused with an explanation, never ignored:
/// a policy that silently loses a rule would admit somebody. <see cref="JsonException.Path"/> of a refusal is the JSON pointer of the member inside the
/// rule (<c>/ip/ip</c>), where one member is what is wrong. What has been stored must stay readable: whoever writes a rule checks its values first.
/// </summary>
public sealed class RuleJsonConverter : JsonConverter<Rule>
{
    /// <summary>Kinds that exist in the original and cannot be evaluated here, with the reason.</summary>
    public static readonly IReadOnlyDictionary<string, string> UnsupportedKinds = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["auth_context"] = "identity providers give no authentication context here; use auth_method",
        ["certificate"] = "no client certificates are asked for here; use a service token",
        ["cloudflare_account_member"] = "there are no Cloudflare accounts here; use email or group",
        ["common_name"] = "no client certificates are asked for here; use a service token",
        ["device_posture"] = "nothing is known of devices here",
        ["user_risk_score"] = "no risk is scored here",
        ["warp"] = "there is no device client here",
        ["gateway"] = "there is no gateway here",
    };

    public override Rule Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || root.EnumerateObject().Count() != 1)
        {
            throw new JsonException("A rule is an object with exactly one member, the kind of rule.");
        }

        var member = root.EnumerateObject().First();
        return Create(member.Name, member.Value);
    }

    public override void Write(Utf8JsonWriter writer, Rule value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(value);
        writer.WriteStartObject();
        writer.WriteStartObject(value.Kind);
        switch (value)
        {
            case Rule.Email rule: writer.WriteString("email", rule.Address); break;
            case Rule.EmailDomain rule: writer.WriteString("domain", rule.Domain); break;
            case Rule.InGroup rule: writer.WriteString("id", rule.Id); break;
            case Rule.Ip rule: writer.WriteString("ip", rule.Network); break;
            case Rule.Geo rule: writer.WriteString("country_code", rule.CountryCode); break;
            case Rule.ServiceToken rule: writer.WriteString("token_id", rule.TokenId); break;
            case Rule.LoginMethod rule: writer.WriteString("id", rule.Id); break;
            case Rule.EmailList rule: writer.WriteString("id", rule.Id); break;
            case Rule.IpList rule: writer.WriteString("id", rule.Id); break;
            case Rule.AuthMethod rule: writer.WriteString("auth_method", rule.Method); break;
            case Rule.LinkedAppToken rule: writer.WriteString("app_uid", rule.AppUid); break;
            case Rule.ExternalEvaluation rule:
                writer.WriteString("evaluate_url", rule.EvaluateUrl);
                writer.WriteString("keys_url", rule.KeysUrl);
                break;
            case Rule.SamlAttribute rule:
                writer.WriteString("identity_provider_id", rule.IdentityProviderId);
                writer.WriteString("attribute_name", rule.AttributeName);
                writer.WriteString("attribute_value", rule.AttributeValue);
                break;
            case Rule.ProviderGroup rule:
                writer.WriteString("identity_provider_id", rule.IdentityProviderId);
                writer.WriteString(GroupMember(rule.Make), rule.Group);
                break;
            case Rule.GitHubOrganization rule:
                writer.WriteString("identity_provider_id", rule.IdentityProviderId);
                writer.WriteString("name", rule.Name);
                if (rule.Team is not null)
                {
                    writer.WriteString("team", rule.Team);
                }

                break;
            case Rule.OidcClaim rule:
                writer.WriteString("identity_provider_id", rule.IdentityProviderId);
                writer.WriteString("claim_name", rule.ClaimName);
                writer.WriteString("claim_value", rule.ClaimValue);
                break;
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static Rule Create(string kind, JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException($"The rule '{kind}' has an object as its value.");
        }

        return kind switch
        {
            "email" => new Rule.Email(EmailAddress.Lower(Text(kind, body, "email").Trim())),
            "email_domain" => new Rule.EmailDomain(EmailAddress.Lower(Text(kind, body, "domain").Trim().TrimStart('@'))),
            "everyone" => new Rule.Everyone(),
            "group" => new Rule.InGroup(Id(kind, body, "id")),
            "ip" => new Rule.Ip(Network(kind, body, "ip")),
            "geo" => new Rule.Geo(Country(kind, body, "country_code")),
            "service_token" => new Rule.ServiceToken(Id(kind, body, "token_id")),
            "any_valid_service_token" => new Rule.AnyValidServiceToken(),
            "login_method" => new Rule.LoginMethod(Id(kind, body, "id")),
            "oidc" => new Rule.OidcClaim(Id(kind, body, "identity_provider_id"), Text(kind, body, "claim_name"), Text(kind, body, "claim_value")),
            "email_list" => new Rule.EmailList(Id(kind, body, "id")),
            "ip_list" => new Rule.IpList(Id(kind, body, "id")),
            "auth_method" => new Rule.AuthMethod(Text(kind, body, "auth_method")),
            "saml" => new Rule.SamlAttribute(Id(kind, body, "identity_provider_id"), Text(kind, body, "attribute_name"), Text(kind, body, "attribute_value")),
            "okta" or "azureAD" or "gsuite" => new Rule.ProviderGroup(kind, Id(kind, body, "identity_provider_id"), Text(kind, body, GroupMember(kind))),
            "github-organization" => new Rule.GitHubOrganization(Id(kind, body, "identity_provider_id"), Text(kind, body, "name"), OptionalText(kind, body, "team")),
            "external_evaluation" => new Rule.ExternalEvaluation(Url(kind, body, "evaluate_url"), Url(kind, body, "keys_url")),
            "linked_app_token" => new Rule.LinkedAppToken(Id(kind, body, "app_uid")),
            _ when UnsupportedKinds.TryGetValue(kind, out var reason) => throw new JsonException($"Rules of kind '{kind}' cannot be evaluated: {reason}."),
            _ => throw new JsonException($"There is no rule of kind '{kind}'."),
        };
    }

    private static string Text(string kind, JsonElement body, string member)
        => body.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 and <= 1024 } text
            ? text
            : throw Wrong(kind, member, $"The rule '{kind}' needs the text '{member}' (1 to 1024 characters).");

    private static string? OptionalText(string kind, JsonElement body, string member)
        => body.TryGetProperty(member, out var value) && value.ValueKind != JsonValueKind.Null && !(value.ValueKind == JsonValueKind.String && value.ValueEquals(""))
            ? Text(kind, body, member)
            : null;

    // What the providers call a group in the original's JSON.
    private static string GroupMember(string make) => make switch
    {
        "azureAD" => "id",
        "gsuite" => "email",
        _ => "name",
    };

    private static Guid Id(string kind, JsonElement body, string member)
        => body.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String && value.TryGetGuid(out var id)
            ? id
            : throw Wrong(kind, member, $"The rule '{kind}' needs '{member}', a uuid.");

    private static string Url(string kind, JsonElement body, string member)
    {
        var text = Text(kind, body, member);
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.UserInfo.Length == 0 && uri.Fragment.Length == 0
            && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && PublicOrigin.IsLoopback(uri.Host)))
            ? text
            : throw Wrong(kind, member, $"The rule '{kind}' needs '{member}', an https URL without credentials and fragment.");
    }

    private static string Network(string kind, JsonElement body, string member)
    {
        var text = Text(kind, body, member).Trim();
        return AddressRange.TryParse(text, out _)
            ? text
            : throw Wrong(kind, member, $"'{text}' is no address or network in CIDR notation.");
    }

    private static string Country(string kind, JsonElement body, string member)
    {
        var text = Text(kind, body, member).Trim();
        return text.Length == 2 && text.All(char.IsAsciiLetter)
            ? text.ToUpperInvariant()
            : throw Wrong(kind, member, $"The rule '{kind}' needs '{member}', the two letters of a country (ISO 3166-1), such as DE.");
    }

    private static JsonException Wrong(string kind, string member, string message) => new(message, $"/{kind}/{member}", null, null);
}
