using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Applications;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Organizations;

/// <summary>The nested settings of the organization, and the original's settings that decide nothing here.</summary>
public static class OrganizationParts
{
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(87_600);

    public static ServiceTokenInactivity? Inactivity(BodyReader organization)
    {
        ArgumentNullException.ThrowIfNull(organization);
        if (organization.Nested("service_token_inactivity") is not { } reader)
        {
            return null;
        }

        return new ServiceTokenInactivity
        {
            Enabled = reader.Flag("enabled", false),
            InactivityThresholdDays = reader.Number("inactivity_threshold_days", 30, 365) ?? 90,
            Action = Action(reader),
        };
    }

    public static OrganizationPages? Pages(BodyReader organization, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(organization);
        ArgumentNullException.ThrowIfNull(snapshot);
        return organization.Nested("custom_pages") is not { } reader ? null : new OrganizationPages
        {
            Forbidden = Page(reader, "forbidden", CustomPageType.Forbidden, snapshot),
            IdentityDenied = Page(reader, "identity_denied", CustomPageType.IdentityDenied, snapshot),
        };
    }

    public static LoginDesign? Design(BodyReader organization)
    {
        ArgumentNullException.ThrowIfNull(organization);
        return organization.Nested("login_design") is not { } reader ? null : new LoginDesign
        {
            BackgroundColor = Color(reader, "background_color"),
            TextColor = Color(reader, "text_color"),
            LogoPath = Logo(reader),
            HeaderText = reader.Text("header_text", "", 200),
            FooterText = reader.Text("footer_text", "", 200),
        };
    }

    /// <summary>Checks the settings that are not kept; what would have protected something is refused when it is switched on.</summary>
    public static void CheckMeaningless(BodyReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        reader.Flag("allow_authenticate_via_warp", false);
        if (!reader.Flag("deny_unmatched_requests", true))
        {
            reader.Refuse("deny_unmatched_requests", "deny_unmatched_requests is always true here: a host without an application is refused");
        }

        reader.Flag("warp_auth_non_browser_401", false);
        reader.Duration("user_seat_expiration_inactive_time", "730h", TimeSpan.FromHours(730), s_longest);
        reader.Duration("warp_auth_session_duration", "24h", TimeSpan.Zero, s_longest);
        if (reader.Flag("mfa_required_for_all_apps", false))
        {
            reader.Refuse("mfa_required_for_all_apps", "this product asks for no second factor itself; require the identity provider's with an auth_method rule");
        }

        MeaninglessFields.CheckMfa(reader);
    }

    /// <summary>Adds them to the answer. What no application serves is refused always.</summary>
    public static void ShowMeaningless(JsonObject node)
    {
        ArgumentNullException.ThrowIfNull(node);
        node["allow_authenticate_via_warp"] = false;
        node["deny_unmatched_requests"] = true;
        node["mfa_required_for_all_apps"] = false;
    }

    private static InactivityAction Action(BodyReader reader)
    {
        switch (reader.OptionalText("action", 20))
        {
            case null or "disable": return InactivityAction.Disable;
            case "delete": return InactivityAction.Delete;
            default:
                reader.Refuse("action", "action is disable or delete");
                return InactivityAction.Disable;
        }
    }

    private static Guid? Page(BodyReader reader, string member, CustomPageType type, ConfigurationSnapshot snapshot)
    {
        if (reader.OptionalText(member, 40) is not { Length: > 0 } text)
        {
            return null;
        }

        if (Guid.TryParse(text, out var id) && snapshot.CustomPages.TryGetValue(id, out var page) && page.Type == type)
        {
            return id;
        }

        reader.Refuse(member, $"there is no custom page {text} of type {member}");
        return null;
    }

    private static string Color(BodyReader reader, string member)
    {
        var text = reader.Text(member, "", 7);
        if (text.Length > 0 && !(text.Length == 7 && text[0] == '#' && text.Skip(1).All(char.IsAsciiHexDigit)))
        {
            reader.Refuse(member, $"{member} is a colour such as #0b5fff");
        }

        return text;
    }

    private static string Logo(BodyReader reader)
    {
        var text = reader.Text("logo_path", "", 2048);
        if (text.Length > 0 && !(Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps && uri.UserInfo.Length == 0))
        {
            reader.Refuse("logo_path", "logo_path is an absolute https URL");
        }

        return text;
    }
}
