using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Applications;

/// <summary>The tab of an application's Managed OAuth: its form, presets for well-known clients, and what was refused.</summary>
internal static class ApplicationAdvancedPages
{
    /// <summary>Saves the form, or adds a preset to it.</summary>
    public static async Task<IResult> SaveAsync(Guid id, HttpContext context, AdminApi api, CancellationToken ct)
    {
        const string Preset = "preset:";
        var action = context.Request.Form["action"].ToString();
        if (!action.StartsWith(Preset, StringComparison.Ordinal))
        {
            return await ApplicationTabs.SaveAsync<ApplicationAdvanced>(id, context, api, "advanced", ApplicationForms.ManagedOAuth, ct);
        }

        var stored = await api.GetAsync($"access/apps/{id}", ct);
        if (!stored.Success)
        {
            return PageResult.Failed(stored, "application");
        }

        var draft = new Draft(stored.Object);
        ApplicationForms.ManagedOAuth(draft, context.Request.Form);
        ApplicationForms.AddPreset(draft, action[Preset.Length..]);
        return await ApplicationTabs.FormAsync<ApplicationAdvanced>(api, draft, stored, null, StatusCodes.Status200OK, ct);
    }

    /// <summary>One click, because the address stands beside it in full: it is all that there is to be decided.</summary>
    public static async Task<IResult> ApproveAsync(Guid id, HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct)
    {
        var uri = context.Request.Form["uri"].ToString();
        var stored = await api.GetAsync($"access/apps/{id}", ct);
        if (!stored.Success)
        {
            return PageResult.Failed(stored, "application");
        }

        var draft = new Draft(stored.Object);
        draft.SetList(ApplicationForms.AllowedUris, draft.List(ApplicationForms.AllowedUris).Append(uri));
        var call = ObjectForm.Change($"access/apps/{id}", stored.Object, draft, stored.ETag);
        var answer = await api.SendAsync(call, ct);
        if (answer.Success)
        {
            return flashes.Redirect(context, $"/applications/{id}/advanced", $"Clients may use {uri} now. Whoever was refused connects again.", call, Undo.OfChange(ApplicationTabs.Kind, id.ToString(), stored.Object, answer, $"/applications/{id}/advanced"));
        }

        draft.Errors = ObjectForm.Explain(answer);
        return await ApplicationTabs.FormAsync<ApplicationAdvanced>(api, draft, stored, null, answer.Status, ct);
    }
}
