using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;
using ManagedOAuth.Config.Feed;

namespace ManagedOAuth.Config.Dashboard.Pages.Applications;

/// <summary><c>/applications</c>: list, create, detail with its tabs, remove.</summary>
public static class ApplicationPages
{
    public static void MapApplications(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        var group = pages.MapGroup("/applications");
        group.MapGet("/", async (AdminApi api, HttpRequest request, CancellationToken ct) =>
        {
            var narrowed = Guid.TryParse(request.Query["policy_id"], out var policy) ? $"policy_id={policy}" : "";
            var (view, refused) = await ListView.TryLoadAsync(api, narrowed.Length == 0 ? "access/apps" : $"access/apps?{narrowed}", request, ct);
            return refused is null ? PageResult.Of<ApplicationList>(new { View = narrowed.Length == 0 ? view : view with { Also = "&" + narrowed } }) : PageResult.Failed(refused, "application");
        });
        group.MapGet("/new", (AdminApi api, CancellationToken ct) => NewAsync(api, Suggestion(), null, StatusCodes.Status200OK, ct));
        group.MapPost("/new", CreateAsync);
        group.MapGet("/{id:guid}", ShowAsync);
        group.MapGet("/{id:guid}/settings", (Guid id, AdminApi api, CancellationToken ct) => ApplicationTabs.EditAsync<ApplicationSettings>(id, api, ct));
        group.MapPost("/{id:guid}/settings", (Guid id, HttpContext context, AdminApi api, CancellationToken ct)
            => ApplicationTabs.SaveAsync<ApplicationSettings>(id, context, api, "settings", ApplicationForms.Settings, ct));
        group.MapGet("/{id:guid}/advanced", (Guid id, AdminApi api, CancellationToken ct) => ApplicationTabs.EditAsync<ApplicationAdvanced>(id, api, ct));
        group.MapPost("/{id:guid}/advanced", ApplicationAdvancedPages.SaveAsync);
        group.MapPost("/{id:guid}/approve", ApplicationAdvancedPages.ApproveAsync);
        group.MapGet("/{id:guid}/policies", (Guid id, AdminApi api, CancellationToken ct) => ApplicationTabs.EditAsync<ApplicationPolicies>(id, api, ct));
        group.MapPost("/{id:guid}/policies", ApplicationPolicyPages.SaveAsync);
        group.MapGet("/{id:guid}/remove", (Guid id, AdminApi api, CancellationToken ct) => ApplicationRemoval.AskAsync(id, api, null, ct));
        group.MapPost("/{id:guid}/remove", ApplicationRemoval.RemoveAsync);
    }

    private static Draft Suggestion()
    {
        var draft = new Draft();
        draft.Set("/oauth_configuration/enabled", true);
        draft.Set(ApplicationForms.OnLocalhost, true);
        draft.Set(ApplicationForms.OnLoopback, true);
        return draft;
    }

    private static async Task<IResult> NewAsync(AdminApi api, Draft draft, Preview? preview, int status, CancellationToken ct)
    {
        var policies = await api.GetAsync("access/policies?per_page=1000", ct);
        return PageResult.Of<ApplicationNew>(new { Model = new ApplicationModel { Draft = draft, Preview = preview, ReusablePolicies = policies.Items, HasMorePolicies = policies.IsShortened } }, status);
    }

    private static async Task<IResult> CreateAsync(HttpContext context, AdminApi api, CancellationToken ct)
    {
        var draft = ApplicationForms.New(context.Request.Form);
        return await ObjectForm.AnswerAsync(
            context,
            ApiCall.Post("access/apps", (JsonObject)draft.Value.DeepClone()),
            draft,
            answer => ($"/applications/{answer.Object["id"]}", $"The application {answer.Object["name"]} is protected now."),
            (preview, status) => NewAsync(api, draft, preview, status, ct),
            (answer, _) => Undo.OfCreation(ApplicationTabs.Kind, answer));
    }

    private static async Task<IResult> ShowAsync(Guid id, AdminApi api, HttpRequest request, ConfigurationLog log, TimeProvider clock, CancellationToken ct)
    {
        var answer = await api.GetAsync($"access/apps/{id}", ct);
        if (!answer.Success)
        {
            return PageResult.Failed(answer, "application");
        }

        var grants = await api.GetAsync($"access/grants?app_id={id}&status=active&per_page=1", ct);
        var email = request.Query["email"].ToString().Trim().ToLowerInvariant();
        return PageResult.Of<ApplicationDetail>(new
        {
            Model = new ApplicationModel
            {
                Draft = new Draft(answer.Object),
                Name = (string?)answer.Object["name"] ?? "",
                ActiveGrants = grants.Success ? grants.TotalCount : null,
                TestEmail = email,
                TestDecision = email.Length > 0 ? PolicyPreview.Decide(log.Current.Snapshot, id, email, clock.GetUtcNow()) : null,
            },
        });
    }
}
