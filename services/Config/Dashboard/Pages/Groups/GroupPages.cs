using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Pages.Rules;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Groups;

/// <summary>A group as its page shows it.</summary>
public sealed record GroupModel
{
    public required Draft Draft { get; init; }

    public required RuleChoices Choices { get; init; }

    /// <summary>Empty for a new one.</summary>
    public string Id { get; init; } = "";

    public string Name { get; init; } = "";

    public string ETag { get; init; } = "";

    public Preview? Preview { get; init; }
}

/// <summary><c>/groups</c>: named sets of rules.</summary>
public static class GroupPages
{
    public static void MapGroups(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        var group = pages.MapGroup("/groups");
        group.MapGet("/", async (AdminApi api, HttpRequest request, CancellationToken ct) => PageResult.Of<GroupList>(new { View = await ListView.LoadAsync(api, "access/groups", request, ct) }));
        group.MapGet("/new", (AdminApi api, CancellationToken ct) => FormAsync(api, Suggestion(), null, "", null, StatusCodes.Status200OK, ct));
        group.MapPost("/new", CreateAsync);
        group.MapGet("/{id:guid}", async (Guid id, AdminApi api, CancellationToken ct) =>
        {
            var stored = await api.GetAsync($"access/groups/{id}", ct);
            return stored.Success ? await FormAsync(api, new Draft(stored.Object), stored, id.ToString(), null, StatusCodes.Status200OK, ct) : PageResult.Failed(stored, "group");
        });
        group.MapPost("/{id:guid}", SaveAsync);
        group.MapGet("/{id:guid}/remove", (Guid id, AdminApi api, CancellationToken ct) => Removal.AskAsync(api, Target(id), null, ct));
        group.MapPost("/{id:guid}/remove", (Guid id, HttpContext context, AdminApi api, CancellationToken ct) => Removal.DoAsync(context, api, Target(id), ct));
    }

    private static Removable Target(Guid id) => new("group", $"access/groups/{id}", "/groups", "Groups", $"/groups/{id}")
    {
        Consequences = ["Only a group that no policy and no other group names can be removed: nobody's access changes.", "Its history stays."],
    };

    private static Draft Suggestion()
    {
        var draft = new Draft();
        draft.Set("/include", new JsonArray(new JsonObject { ["email"] = new JsonObject() }));
        return draft;
    }

    private static async Task<IResult> CreateAsync(HttpContext context, AdminApi api, CancellationToken ct)
    {
        var draft = new Draft();
        draft.TakeText(context.Request.Form, "/name");
        return RuleForm.Take(draft, context.Request.Form)
            ? await FormAsync(api, draft, null, "", null, StatusCodes.Status200OK, ct)
            : await ObjectForm.AnswerAsync(
                context,
                ApiCall.Post("access/groups", (JsonObject)draft.Value.DeepClone()),
                draft,
                answer => ($"/groups/{answer.Object["id"]}", $"The group {answer.Object["name"]} exists. Policies can name it now."),
                (preview, status) => FormAsync(api, draft, null, "", preview, status, ct));
    }

    private static async Task<IResult> SaveAsync(Guid id, HttpContext context, AdminApi api, CancellationToken ct)
    {
        var stored = await api.GetAsync($"access/groups/{id}", ct);
        if (!stored.Success)
        {
            return PageResult.Failed(stored, "group");
        }

        var draft = new Draft(stored.Object);
        draft.TakeText(context.Request.Form, "/name");
        return RuleForm.Take(draft, context.Request.Form)
            ? await FormAsync(api, draft, stored, id.ToString(), null, StatusCodes.Status200OK, ct)
            : await ObjectForm.AnswerAsync(
                context,
                ObjectForm.Change($"access/groups/{id}", stored.Object, draft, context.Request.Form[ObjectForm.ETagField]),
                draft,
                _ => ($"/groups/{id}", "Saved. Policies that name the group follow at once."),
                (preview, status) => FormAsync(api, draft, stored, id.ToString(), preview, status, ct));
    }

    private static async Task<IResult> FormAsync(AdminApi api, Draft draft, ApiAnswer? stored, string id, Preview? preview, int status, CancellationToken ct)
        => PageResult.Of<GroupEdit>(
            new { Model = new GroupModel { Draft = draft, Choices = await RuleChoices.LoadAsync(api, ct), Id = id, Name = (string?)stored?.Object["name"] ?? "", ETag = stored?.ETag ?? "", Preview = preview } },
            status);
}
