using ManagedOAuth.Config.Dashboard.Requests;
using Microsoft.AspNetCore.Components;

namespace ManagedOAuth.Config.Dashboard.Pages.Applications;

/// <summary>What the tabs of an application have in common: the form with what it offers for choice, and how it is saved.</summary>
internal static class ApplicationTabs
{
    /// <summary>The kind of these pages.</summary>
    public static readonly PageKind Kind = PageKind.Find("application")!;

    public static async Task<IResult> EditAsync<TPage>(Guid id, AdminApi api, CancellationToken ct)
        where TPage : IComponent
    {
        var answer = await api.GetAsync($"access/apps/{id}", ct);
        return answer.Success ? await FormAsync<TPage>(api, new Draft(answer.Object), answer, null, StatusCodes.Status200OK, ct) : PageResult.Failed(answer, "application");
    }

    public static async Task<IResult> FormAsync<TPage>(AdminApi api, Draft draft, ApiAnswer stored, Preview? preview, int status, CancellationToken ct)
        where TPage : IComponent
    {
        var policies = await api.GetAsync("access/policies?per_page=1000", ct);
        var providers = await api.GetAsync("access/identity_providers?per_page=1000", ct);
        var tags = await api.GetAsync("access/tags?per_page=1000", ct);
        var refused = typeof(TPage) == typeof(ApplicationAdvanced) ? await api.GetAsync($"access/apps/{draft.Text("/id")}/refused_redirect_uris", ct) : null;
        var customPages = await api.GetAsync("access/custom_pages?per_page=1000", ct);
        return PageResult.Of<TPage>(
            new
            {
                Model = new ApplicationModel
                {
                    Draft = draft,
                    ETag = stored.ETag ?? "",
                    Preview = preview,
                    Name = (string?)stored.Object["name"] ?? "",
                    ReusablePolicies = policies.Items,
                    HasMorePolicies = policies.IsShortened,
                    IdentityProviders = providers.Items,
                    Tags = [.. tags.Items.Select(tag => (string?)tag["name"] ?? "")],
                    CustomPages = customPages.Items,
                    RefusedRedirectUris = refused is { Success: true } ? refused.Items : null,
                },
            },
            status);
    }

    public static async Task<IResult> SaveAsync<TPage>(Guid id, HttpContext context, AdminApi api, string tab, Action<Draft, IFormCollection> apply, CancellationToken ct)
        where TPage : IComponent
    {
        var stored = await api.GetAsync($"access/apps/{id}", ct);
        if (!stored.Success)
        {
            return PageResult.Failed(stored, "application");
        }

        var draft = new Draft(stored.Object);
        apply(draft, context.Request.Form);
        return await ObjectForm.AnswerAsync(
            context,
            ObjectForm.Change($"access/apps/{id}", stored.Object, draft, context.Request.Form[ObjectForm.ETagField]),
            draft,
            _ => ($"/applications/{id}/{tab}", "Saved. Every edge has it within a second."),
            (preview, status) => FormAsync<TPage>(api, draft, stored, preview, status, ct),
            (answer, target) => Undo.OfChange(Kind, id.ToString(), stored.Object, answer, target),
            new SaveQuestion((string?)stored.Object["name"] ?? "", $"/applications/{id}/{tab}", [(Kind.Path, Kind.Title), (Kind.PageOf(id.ToString()), (string?)stored.Object["name"] ?? "")]));
    }
}
