using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Settings;

/// <summary>Puts the fields of the settings into the organization's JSON; true where a form is to be shown again instead of being saved.</summary>
public static class SettingsForms
{
    public const string Entries = "/dashboard_permissions";
    public const string Limited = "limited";
    private const string Inactivity = "/service_token_inactivity";
    private const int MostEntries = 50;

    public static bool General(Draft draft, IFormCollection form)
    {
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentNullException.ThrowIfNull(form);
        var isNew = !draft.Has("/id");
        foreach (var member in new[] { "/name", "/auth_domain", "/session_duration", "/revocation_staleness_limit", "/assertion_algorithm" })
        {
            draft.TakeText(form, member, optional: isNew);
        }

        foreach (var member in new[] { "/serve_stale_revocations", "/is_ui_read_only", "/strict_service_token_auth" })
        {
            draft.TakeFlag(form, member);
        }

        var enabled = form[Inactivity + "/enabled"].Count > 0;
        if (enabled || draft.Has(Inactivity))
        {
            draft.Set(Inactivity + "/enabled", enabled);
            var days = form[Inactivity + "/inactivity_threshold_days"].ToString().Trim();
            draft.Set(Inactivity + "/inactivity_threshold_days", int.TryParse(days, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : days);
            draft.TakeText(form, Inactivity + "/action");
        }

        return false;
    }

    public static bool SignIn(Draft draft, IFormCollection form)
    {
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentNullException.ThrowIfNull(form);
        draft.TakeFlag(form, "/auto_redirect_to_identity");
        foreach (var member in new[] { "background_color", "text_color", "logo_path", "header_text", "footer_text" })
        {
            draft.TakeText(form, "/login_design/" + member);
        }

        foreach (var member in new[] { "/custom_pages/identity_denied", "/custom_pages/forbidden" })
        {
            if (form[member].Count > 0 && (form[member].ToString().Length > 0 || draft.Has("/custom_pages")))
            {
                draft.TakeText(form, member, optional: true);
            }
        }

        return false;
    }

    /// <summary>Rows of a group and its permissions; adding and removing one shows the form again.</summary>
    public static bool Permissions(Draft draft, IFormCollection form)
    {
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentNullException.ThrowIfNull(form);
        var rows = new List<JsonNode>();
        for (var row = 0; row < MostEntries && form[Name(row, "group_id")].Count > 0; row++)
        {
            rows.Add(new JsonObject
            {
                ["group_id"] = Posted.Text(form[Name(row, "group_id")]),
                ["permissions"] = new JsonArray([.. form[Name(row, "permissions")].OfType<string>().Where(id => id.Length > 0).Select(id => JsonValue.Create(id))]),
            });
        }

        var action = form["action"].ToString().Split(':');
        if (action is ["remove", var at] && int.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < rows.Count)
        {
            rows.RemoveAt(index);
        }
        else if (action[0] == "add")
        {
            rows.Add(new JsonObject { ["group_id"] = "", ["permissions"] = new JsonArray("read") });
        }

        var limited = action[0] is "add" || form[Limited].ToString() == "true";
        draft.Set(Entries, limited ? new JsonArray([.. rows]) : null);
        return action[0] is "add" or "remove";
    }

    /// <summary>The field of one row.</summary>
    public static string Name(int row, string member) => string.Create(CultureInfo.InvariantCulture, $"{Entries}/{row}/{member}");
}
