using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Applications;

/// <summary>The tab of an application's policies.</summary>
internal static class ApplicationPolicyPages
{
    /// <summary>What ends somebody's access is asked about, with its numbers; so is what cannot be foreseen at the moment.</summary>
    public static async Task<IResult> SaveAsync(Guid id, HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct)
    {
        var stored = await api.GetAsync($"access/apps/{id}", ct);
        if (!stored.Success)
        {
            return PageResult.Failed(stored, "application");
        }

        var form = context.Request.Form;
        var draft = new Draft(stored.Object);
        var change = PolicyListChange.Of(id, stored.Object, draft, form);
        if (form["action"] != "confirm")
        {
            var (preview, tried) = await Preview.TryAsync(api, change.Call, ct);
            if (preview is null)
            {
                draft.Errors = ObjectForm.Explain(tried);
                return await ApplicationTabs.FormAsync<ApplicationPolicies>(api, draft, stored, null, tried.Status, ct);
            }

            if (change.IsDetach || !preview.EndsNothing)
            {
                return change.Ask(id, (string?)stored.Object["name"] ?? "", preview, form);
            }
        }

        var answer = await api.SendAsync(change.Call, ct);
        if (answer.Success)
        {
            var page = $"/applications/{id}/policies";
            return flashes.Redirect(context, page, "Saved. Every edge has it within a second.", change.Call, Undo.OfChange(ApplicationTabs.Kind, id.ToString(), stored.Object, answer, page));
        }

        draft.Errors = ObjectForm.Explain(answer);
        return await ApplicationTabs.FormAsync<ApplicationPolicies>(api, draft, stored, null, answer.Status, ct);
    }
}
