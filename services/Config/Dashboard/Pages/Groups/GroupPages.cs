using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Pages.Rules;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Groups;

/// <summary><c>/groups</c>: named sets of rules.</summary>
public sealed class GroupPages() : ObjectPages(PageKind.Find("group")!)
{
    protected override IReadOnlyList<string> RemovalConsequences => ["Only a group that no policy and no other group names can be removed: nobody's access changes.", "Its history stays, and it can be brought back."];

    protected override string Saved => "Saved. Policies that name the group follow at once.";

    protected override string Created(JsonObject made) => $"The group {made["name"]} exists. Policies can name it now.";

    protected override IResult List(ListView view) => PageResult.Of<GroupList>(new { View = view });

    protected override Draft Suggestion(HttpRequest request)
    {
        var draft = new Draft();
        draft.Set("/include", new JsonArray(new JsonObject { ["email"] = new JsonObject() }));
        return draft;
    }

    protected override bool Take(Draft draft, IFormCollection form)
    {
        draft.TakeText(form, "/name");
        return RuleForm.Take(draft, form);
    }

    protected override async Task<IResult> FormAsync(HttpContext context, EditModel model, int status, CancellationToken ct)
        => PageResult.Of<GroupEdit>(new { Model = model, Choices = await RuleChoices.LoadAsync(context.RequestServices.GetRequiredService<AdminApi>(), ct) }, status);
}
