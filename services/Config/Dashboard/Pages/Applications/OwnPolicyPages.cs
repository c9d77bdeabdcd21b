using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Pages.Rules;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Applications;

/// <summary><c>/applications/{id}/policies/...</c>: policies that belong to one application alone. They are edited where all policies are.</summary>
public static class OwnPolicyPages
{
    public static void MapOwnPolicies(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        var group = pages.MapGroup("/applications/{id:guid}/policies");
        group.MapGet("/new", async (Guid id, AdminApi api, CancellationToken ct) =>
        {
            var draft = new Draft();
            draft.Set("/decision", "allow");
            draft.Set("/include", new JsonArray(new JsonObject { ["email"] = new JsonObject() }));
            return await FormAsync(id, api, draft, null, StatusCodes.Status200OK, ct);
        });
        group.MapPost("/new", CreateAsync);
        group.MapPost("/{policy:guid}/share", ShareAsync);
    }

    private static async Task<IResult> FormAsync(Guid id, AdminApi api, Draft draft, Preview? preview, int status, CancellationToken ct)
    {
        var application = await api.GetAsync($"access/apps/{id}", ct);
        return application.Success
            ? PageResult.Of<OwnPolicyNew>(new { Id = id, Name = (string?)application.Object["name"] ?? "", Draft = draft, Choices = await RuleChoices.LoadAsync(api, ct), Preview = preview }, status)
            : PageResult.Failed(application, "application");
    }

    private static async Task<IResult> CreateAsync(Guid id, HttpContext context, AdminApi api, CancellationToken ct)
    {
        var form = context.Request.Form;
        var draft = new Draft();
        draft.TakeText(form, "/name");
        draft.TakeText(form, "/decision");
        draft.TakeText(form, "/session_duration", optional: true);
        return RuleForm.Take(draft, form)
            ? await FormAsync(id, api, draft, null, StatusCodes.Status200OK, ct)
            : await ObjectForm.AnswerAsync(
                context,
                ApiCall.Post($"access/apps/{id}/policies", (JsonObject)draft.Value.DeepClone()),
                draft,
                answer => ($"/applications/{id}/policies", $"The policy {answer.Object["name"]} stands at the end of the list."),
                (preview, status) => FormAsync(id, api, draft, preview, status, ct));
    }

    private static async Task<IResult> ShareAsync(Guid id, Guid policy, HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct)
    {
        var call = ApiCall.Put($"access/apps/{id}/policies/{policy}/make_reusable", []);
        var answer = await api.SendAsync(call, ct);
        return answer.Success
            ? flashes.Redirect(context, $"/policies/{policy}", "The policy is reusable now: other applications can have it too.", call)
            : PageResult.Failed(answer, "policy");
    }
}
