using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Pages.Policies;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.McpPortals;

/// <summary>The form of a portal.</summary>
public static class McpPortalForm
{
    /// <summary>The ids of the servers, in order.</summary>
    public const string Server = "server";

    /// <summary>The server that is put in by the button beside it.</summary>
    public const string Added = "added";

    /// <summary>On the form of a new portal alone.</summary>
    public const string AsksForOAuth = "asks_for_oauth";

    public const string ManagedOAuth = "managed_oauth";

    private const string TakeOut = "take-out:";

    // What the API shows beside these is the server's own.
    private static readonly string[] s_members = ["server_id", "on_behalf", "default_disabled", "updated_tools", "updated_prompts"];

    /// <summary>The name of a field about one server.</summary>
    public static string Field(string server, string member) => $"{server}/{member}";

    /// <summary>The button that takes a server out.</summary>
    public static string TakeOutOf(string server) => TakeOut + server;

    /// <summary>The portal's servers with what the portal says about them alone.</summary>
    public static JsonArray ServersOf(JsonObject portal)
    {
        ArgumentNullException.ThrowIfNull(portal);
        return new([.. (portal["servers"] as JsonArray ?? []).OfType<JsonObject>().Select(server => new JsonObject(s_members.Where(server.ContainsKey).Select(member => KeyValuePair.Create(member, server[member]?.DeepClone()))))]);
    }

    /// <summary>Puts the form into the draft; true when it is to be shown again instead of being saved.</summary>
    public static bool Take(Draft draft, IFormCollection form)
    {
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentNullException.ThrowIfNull(form);
        foreach (var text in (string[])["/id", "/name", "/hostname", "/description"])
        {
            draft.TakeText(form, text);
        }

        FirstPolicy.Take(draft, form);
        if (form["/code_mode"].Count > 0)
        {
            // The API shows it in another member too, which would say what it was before.
            draft.TakeText(form, "/code_mode");
            draft.Remove("/allow_code_mode");
        }

        if (form[AsksForOAuth].Count > 0 && form[ManagedOAuth].Count == 0)
        {
            draft.Set("/oauth_configuration", new JsonObject { ["enabled"] = false });
        }

        var action = form["action"].ToString();
        var ids = form[Server].OfType<string>().Where(id => action != TakeOut + id).ToList();
        if (action == "add" && form[Added].ToString() is { Length: > 0 } added)
        {
            ids.Add(added);
        }

        var before = draft.Objects("/servers").ToDictionary(server => (string?)server["server_id"] ?? "", StringComparer.Ordinal);
        draft.Set("/servers", new JsonArray([.. ids.Distinct(StringComparer.Ordinal).Select(id => Entry(id, before.GetValueOrDefault(id), form))]));
        return action == "add" || action.StartsWith(TakeOut, StringComparison.Ordinal);
    }

    private static JsonObject Entry(string id, JsonObject? before, IFormCollection form)
    {
        var entry = (JsonObject?)before?.DeepClone() ?? new JsonObject { ["server_id"] = id };
        entry["on_behalf"] = form[Field(id, "on_behalf")] != "false";
        entry["default_disabled"] = form[Field(id, "default_disabled")].Count > 0;
        return entry;
    }
}
