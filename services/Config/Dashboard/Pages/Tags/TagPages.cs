using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Tags;

/// <summary><c>/tags</c>: words that applications carry.</summary>
public static class TagPages
{
    private static readonly PageKind s_kind = PageKind.Find("tag")!;

    public static void MapTags(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        var group = pages.MapGroup(s_kind.Path);
        group.MapGet("/", (HttpRequest request, AdminApi api, CancellationToken ct) => ListAsync(request, api, new Draft(), StatusCodes.Status200OK, ct));
        group.MapPost("/", CreateAsync);
        group.MapGet("/{name}/remove", (string name, AdminApi api, CancellationToken ct) => Removal.AskAsync(api, Target(name), null, ct));
        group.MapPost("/{name}/remove", (string name, HttpContext context, AdminApi api, CancellationToken ct) => Removal.DoAsync(context, api, Target(name), ct));
    }

    private static Removable Target(string name) => new("tag", $"{s_kind.ApiPath}/{Uri.EscapeDataString(name)}", s_kind.Path, s_kind.Title, s_kind.Path, s_kind)
    {
        Consequences = ["Only a tag that no application carries can be removed."],
    };

    private static async Task<IResult> ListAsync(HttpRequest request, AdminApi api, Draft draft, int status, CancellationToken ct)
    {
        var (view, refused) = await ListView.TryLoadAsync(api, s_kind.ApiPath, request, ct);
        return refused is null ? PageResult.Of<TagList>(new { View = view, Draft = draft }, status) : PageResult.Failed(refused, s_kind.Noun);
    }

    private static async Task<IResult> CreateAsync(HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct)
    {
        var draft = new Draft();
        draft.TakeText(context.Request.Form, "/name");
        var call = ApiCall.Post(s_kind.ApiPath, (JsonObject)draft.Value.DeepClone());
        var answer = await api.SendAsync(call, ct);
        if (answer.Success)
        {
            return flashes.Redirect(context, s_kind.Path, "Applications can carry this tag now.", call);
        }

        draft.Errors = ObjectForm.Explain(answer);
        return await ListAsync(context.Request, api, draft, answer.Status, ct);
    }
}
