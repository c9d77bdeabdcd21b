using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Contracts.Policies;
using Microsoft.AspNetCore.Components;

namespace ManagedOAuth.Config.Dashboard.Pages.Applications;

/// <summary><c>/applications</c>: list, create, detail with its tabs, remove.</summary>
public static class ApplicationPages
{
    private static readonly PageKind s_kind = PageKind.Find("application")!;

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
        group.MapGet("/{id:guid}/settings", (Guid id, AdminApi api, CancellationToken ct) => EditAsync<ApplicationSettings>(id, api, ct));
        group.MapPost("/{id:guid}/settings", (Guid id, HttpContext context, AdminApi api, CancellationToken ct)
            => SaveAsync<ApplicationSettings>(id, context, api, "settings", ApplicationForms.Settings, ct));
        group.MapGet("/{id:guid}/advanced", (Guid id, AdminApi api, CancellationToken ct) => EditAsync<ApplicationAdvanced>(id, api, ct));
        group.MapPost("/{id:guid}/advanced", AdvancedAsync);
        group.MapPost("/{id:guid}/approve", ApproveAsync);
        group.MapGet("/{id:guid}/policies", (Guid id, AdminApi api, CancellationToken ct) => EditAsync<ApplicationPolicies>(id, api, ct));
        group.MapPost("/{id:guid}/policies", PoliciesAsync);
        group.MapGet("/{id:guid}/remove", (Guid id, AdminApi api, CancellationToken ct) => RemovalAsync(id, api, null, ct));
        group.MapPost("/{id:guid}/remove", RemoveAsync);
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
            (answer, _) => Undo.OfCreation(s_kind, answer));
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

    private static async Task<IResult> EditAsync<TPage>(Guid id, AdminApi api, CancellationToken ct)
        where TPage : IComponent
    {
        var answer = await api.GetAsync($"access/apps/{id}", ct);
        return answer.Success ? await FormAsync<TPage>(api, new Draft(answer.Object), answer, null, StatusCodes.Status200OK, ct) : PageResult.Failed(answer, "application");
    }

    private static async Task<IResult> FormAsync<TPage>(AdminApi api, Draft draft, ApiAnswer stored, Preview? preview, int status, CancellationToken ct)
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

    private static async Task<IResult> SaveAsync<TPage>(Guid id, HttpContext context, AdminApi api, string tab, Action<Draft, IFormCollection> apply, CancellationToken ct)
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
            (answer, target) => Undo.OfChange(s_kind, id.ToString(), stored.Object, answer, target),
            new SaveQuestion((string?)stored.Object["name"] ?? "", $"/applications/{id}/{tab}", [(s_kind.Path, s_kind.Title), (s_kind.PageOf(id.ToString()), (string?)stored.Object["name"] ?? "")]));
    }

    // What ends somebody's access is asked about, with its numbers; so is what cannot be foreseen at the moment.
    private static async Task<IResult> PoliciesAsync(Guid id, HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct)
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
                return await FormAsync<ApplicationPolicies>(api, draft, stored, null, tried.Status, ct);
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
            return flashes.Redirect(context, page, "Saved. Every edge has it within a second.", change.Call, Undo.OfChange(s_kind, id.ToString(), stored.Object, answer, page));
        }

        draft.Errors = ObjectForm.Explain(answer);
        return await FormAsync<ApplicationPolicies>(api, draft, stored, null, answer.Status, ct);
    }

    private static async Task<IResult> AdvancedAsync(Guid id, HttpContext context, AdminApi api, CancellationToken ct)
    {
        const string Preset = "preset:";
        var action = context.Request.Form["action"].ToString();
        if (!action.StartsWith(Preset, StringComparison.Ordinal))
        {
            return await SaveAsync<ApplicationAdvanced>(id, context, api, "advanced", ApplicationForms.ManagedOAuth, ct);
        }

        var stored = await api.GetAsync($"access/apps/{id}", ct);
        if (!stored.Success)
        {
            return PageResult.Failed(stored, "application");
        }

        var draft = new Draft(stored.Object);
        ApplicationForms.ManagedOAuth(draft, context.Request.Form);
        ApplicationForms.AddPreset(draft, action[Preset.Length..]);
        return await FormAsync<ApplicationAdvanced>(api, draft, stored, null, StatusCodes.Status200OK, ct);
    }

    // One click, because the address stands beside it in full: it is all that there is to be decided.
    private static async Task<IResult> ApproveAsync(Guid id, HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct)
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
            return flashes.Redirect(context, $"/applications/{id}/advanced", $"Clients may use {uri} now. Whoever was refused connects again.", call, Undo.OfChange(s_kind, id.ToString(), stored.Object, answer, $"/applications/{id}/advanced"));
        }

        draft.Errors = ObjectForm.Explain(answer);
        return await FormAsync<ApplicationAdvanced>(api, draft, stored, null, answer.Status, ct);
    }

    private static async Task<IResult> RemovalAsync(Guid id, AdminApi api, Draft? draft, CancellationToken ct)
    {
        var answer = await api.GetAsync($"access/apps/{id}", ct);
        if (!answer.Success)
        {
            return PageResult.Failed(answer, "application");
        }

        var grants = await api.GetAsync($"access/grants?app_id={id}&status=active&per_page=1000", ct);
        var name = (string?)answer.Object["name"] ?? "";
        return PageResult.Of<ConfirmPage>(
            new
            {
                Title = $"Remove {name}?",
                Button = "Remove the application",
                Back = $"/applications/{id}",
                Call = ApiCall.Delete($"access/apps/{id}"),
                Draft = draft ?? new Draft(),
                Crumbs = (IReadOnlyList<(string, string)>)[("/applications", "Applications"), ($"/applications/{id}", name)],
                Consequences = (IReadOnlyList<string>)
                [
                    $"{answer.Object["domain"]} stops answering at once, and nothing is forwarded to its origin any more.",
                    GrantWords.Consequence(grants, "email", "user", "No grant is active: nobody loses access."),
                    "The history of the application and of its grants stays. If it comes back, clients have to be connected again.",
                ],
            },
            draft is null ? StatusCodes.Status200OK : StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> RemoveAsync(Guid id, HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct)
    {
        var before = await api.GetAsync($"access/apps/{id}", ct);
        var call = ApiCall.Delete($"access/apps/{id}");
        var answer = await api.SendAsync(call, ct);
        return answer.Success
            ? flashes.Redirect(context, "/applications", "The application was removed.", call, Undo.OfRemoval(s_kind, id.ToString(), before.Object))
            : await RemovalAsync(id, api, new Draft { Errors = ObjectForm.Explain(answer) }, ct);
    }
}
