using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Applications;

/// <summary>Puts the fields of the application forms into the application's JSON.</summary>
public static class ApplicationForms
{
    public const string Registration = "/oauth_configuration/dynamic_client_registration";
    public const string RegistrationEnabled = Registration + "/enabled";
    public const string AllowedUris = Registration + "/allowed_uris";
    public const string OnLocalhost = Registration + "/allow_any_on_localhost";
    public const string OnLoopback = Registration + "/allow_any_on_loopback";
    public const string GrantDuration = "/oauth_configuration/grant/session_duration";
    public const string TokenLifetime = "/oauth_configuration/grant/access_token_lifetime";
    public const string RefreshGrace = "/oauth_configuration/grant/refresh_grace";

    /// <summary>The short form of a new application.</summary>
    public static Draft New(IFormCollection form)
    {
        ArgumentNullException.ThrowIfNull(form);
        var draft = new Draft();
        draft.Set("/type", "self_hosted");
        draft.TakeText(form, "/name");
        draft.TakeText(form, "/domain");
        if (form["/origin/url"].ToString().Trim().Length > 0)
        {
            draft.TakeText(form, "/origin/url");
        }

        if (Posted.Text(form["/policies"]) is { Length: > 0 } policy)
        {
            draft.Set("/policies", new JsonArray(new JsonObject { ["id"] = policy, ["precedence"] = 1 }));
        }

        if (form["/oauth_configuration/enabled"].Count > 0)
        {
            draft.Set("/oauth_configuration/enabled", true);
            draft.Set(RegistrationEnabled, true);
            draft.TakeFlag(form, OnLocalhost);
            draft.TakeFlag(form, OnLoopback);
        }

        return draft;
    }

    public static void Settings(Draft draft, IFormCollection form)
    {
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentNullException.ThrowIfNull(form);
        draft.TakeText(form, "/name");
        draft.TakeText(form, "/session_duration");
        draft.TakeText(form, "/logo_url");
        draft.TakeFlag(form, "/app_launcher_visible");
        draft.TakeOffered(form, "/tags");
        draft.TakeOffered(form, "/custom_pages");
        draft.TakeOffered(form, "/allowed_idps");
        draft.TakeFlag(form, "/auto_redirect_to_identity");
        draft.TakeText(form, "/custom_deny_message");
        draft.TakeText(form, "/custom_deny_url");
        draft.TakeText(form, "/custom_non_identity_deny_url");
        if (HasAddress(draft))
        {
            Address(draft, form);
        }
    }

    /// <summary>Whether the form asks where the application is. One of an MCP server or portal is where that is.</summary>
    public static bool HasAddress(Draft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        return draft.Text("/type") is not ("mcp" or "mcp_portal");
    }

    private static void Address(Draft draft, IFormCollection form)
    {
        draft.TakeText(form, "/domain");
        Destinations(draft, form);
        if (form["/origin/url"].ToString().Trim().Length == 0)
        {
            draft.Set("/origin", null);
            return;
        }

        draft.TakeText(form, "/origin/url");
        draft.TakeText(form, "/origin/activity_timeout", optional: true);
        draft.TakeText(form, "/origin/connect_timeout", optional: true);
        draft.TakeFlag(form, "/origin/preserve_host");
        draft.TakeFlag(form, "/origin/no_tls_verify");
        draft.TakeFlag(form, "/origin/pass_bearer");
    }

    /// <summary>Advanced settings > Managed OAuth.</summary>
    public static void ManagedOAuth(Draft draft, IFormCollection form)
    {
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentNullException.ThrowIfNull(form);
        draft.TakeFlag(form, "/oauth_configuration/enabled");
        draft.TakeFlag(form, RegistrationEnabled);
        draft.TakeFlag(form, OnLocalhost);
        draft.TakeFlag(form, OnLoopback);
        draft.TakeLines(form, AllowedUris);
        draft.TakeText(form, GrantDuration, optional: true);
        draft.TakeText(form, TokenLifetime, optional: true);
        draft.TakeText(form, RefreshGrace, optional: true);
        draft.TakeFlag(form, "/http_only_cookie_attribute");
        draft.TakeText(form, "/same_site_cookie_attribute", optional: true);
        if (HasAddress(draft))
        {
            draft.TakeFlag(form, "/path_cookie_attribute");
            draft.TakeFlag(form, "/service_auth_401_redirect");
            draft.TakeText(form, "/read_service_tokens_from_header", optional: true);
        }

        if (CorsForm.IsFor(draft))
        {
            CorsForm.Take(draft, form);
        }
    }

    /// <summary>Adds what a well-known client needs; whatever is there stays.</summary>
    public static void AddPreset(Draft draft, string key)
    {
        ArgumentNullException.ThrowIfNull(draft);
        if (ClientPresets.All.FirstOrDefault(preset => preset.Key == key) is { } found)
        {
            draft.SetList(AllowedUris, draft.List(AllowedUris).Concat(found.RedirectUris));
        }
    }

    /// <summary>Changes the list of policies: <c>add</c>, or <c>remove:n</c>, <c>up:n</c>, <c>down:n</c>.</summary>
    public static void Policies(Draft draft, IFormCollection form)
    {
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentNullException.ThrowIfNull(form);
        var ids = draft.Objects("/policies").OrderBy(policy => (int?)policy["precedence"] ?? 0).Select(policy => (string?)policy["id"] ?? "").ToList();
        var action = form["change"].ToString();
        var colon = action.IndexOf(':', StringComparison.Ordinal);
        var at = colon > 0 ? ids.IndexOf(action[(colon + 1)..]) : -1;
        switch (colon > 0 ? action[..colon] : action)
        {
            case "add" when Posted.Text(form["policy"]) is { Length: > 0 } id && !ids.Contains(id):
                ids.Add(id);
                break;
            case "remove" when at >= 0:
                ids.RemoveAt(at);
                break;
            case "up" when at > 0:
                (ids[at - 1], ids[at]) = (ids[at], ids[at - 1]);
                break;
            case "down" when at >= 0 && at < ids.Count - 1:
                (ids[at + 1], ids[at]) = (ids[at], ids[at + 1]);
                break;
        }

        draft.Set("/policies", new JsonArray([.. ids.Select((id, index) => new JsonObject { ["id"] = id, ["precedence"] = index + 1 })]));
    }

    private static void Destinations(Draft draft, IFormCollection form)
    {
        var uris = form["/destinations"].ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        draft.Set("/destinations", new JsonArray([.. uris.Select(uri => new JsonObject { ["type"] = "public", ["uri"] = uri })]));
    }
}
