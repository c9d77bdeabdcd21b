using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Applications;

/// <summary>
/// Fields of the original that decide nothing here. They are checked, not kept, and shown with the original's default, so that a script
/// written for the original works and whoever reads the answer sees what holds. What would have protected something is refused instead:
/// nobody may believe in a protection that is not there. <c>docs/admin-api.md</c> has the table.
/// </summary>
public static class MeaninglessFields
{
    private static readonly string[] s_all = ["allow_authenticate_via_warp"];
    private static readonly string[] s_selfHosted = ["enable_binding_cookie", "eager_redirect_cookie_setting", "use_clientless_isolation_app_launcher_url"];

    /// <summary>What they are in requests and answers.</summary>
    public static IReadOnlyDictionary<string, string> Described { get; } = s_all.Concat(s_selfHosted).ToDictionary(member => member, _ => OpenApi.ObjectShape.Flag);

    /// <summary>Checks their types, and refuses what cannot be kept.</summary>
    public static void Check(BodyReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        foreach (var member in s_all.Concat(s_selfHosted))
        {
            reader.Flag(member, false);
        }

        if (reader.Nested("scim_config") is { } scim && scim.Flag("enabled", true))
        {
            scim.Refuse("enabled", "an application's users are not written to it from here; leave scim_config out, or set enabled to false");
        }

        CheckMfa(reader);
    }

    /// <summary>Refuses a second factor of our own, which this product does not ask for: require it with an <c>auth_method</c> rule.</summary>
    public static void CheckMfa(BodyReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        if (reader.Nested("mfa_config") is { } mfa && !mfa.Flag("mfa_disabled", false) && mfa.Texts("allowed_authenticators", 10, 40).Count > 0)
        {
            mfa.Refuse("allowed_authenticators", "this product asks for no second factor itself; require the identity provider's with an auth_method rule");
        }
    }

    /// <summary>Adds them to the answer.</summary>
    public static void Show(JsonObject node, ApplicationType type)
    {
        ArgumentNullException.ThrowIfNull(node);
        foreach (var member in type == ApplicationType.SelfHosted ? s_all.Concat(s_selfHosted) : s_all)
        {
            node[member] = false;
        }
    }
}
