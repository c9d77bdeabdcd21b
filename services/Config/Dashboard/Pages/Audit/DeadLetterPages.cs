using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Audit;

/// <summary><c>/audit/dead-letters</c>: messages between the services that could not be handled; one by one they are replayed or discarded.</summary>
public static class DeadLetterPages
{
    private const string Page = "/audit/dead-letters";
    private const string Path = "access/dead_letters";

    public static void MapDeadLetters(this RouteGroupBuilder audit)
    {
        ArgumentNullException.ThrowIfNull(audit);
        var group = audit.MapGroup("/dead-letters");
        group.MapGet("/", ListAsync);
        foreach (var action in (string[])["replay", "discard"])
        {
            group.MapGet($"/{{id:guid}}/{action}", (Guid id, CancellationToken _) => Ask(id, action, new Draft()));
            group.MapPost($"/{{id:guid}}/{action}", (Guid id, HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct) => ActAsync(id, action, context, api, flashes, ct));
        }
    }

    private static async Task<IResult> ListAsync(HttpRequest request, AdminApi api, CancellationToken ct)
    {
        var cursor = request.Query["cursor"].ToString();
        var answer = await api.GetAsync($"{Path}?per_page=50{(cursor.Length == 0 ? "" : "&cursor=" + Uri.EscapeDataString(cursor))}", ct);
        return answer.Success
            ? PageResult.Of<DeadLettersPage>(new { Letters = answer.Items, Next = answer.Cursor, IsFirst = cursor.Length == 0 })
            : PageResult.Failed(answer, "dead letter");
    }

    private static async Task<IResult> ActAsync(Guid id, string action, HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct)
    {
        var call = CallOf(id, action);
        var answer = await api.SendAsync(call, ct);
        return answer.Success
            ? flashes.Redirect(context, Page, action == "replay" ? "The message is in its queue again." : "The message is gone.", call)
            : Ask(id, action, new Draft { Errors = ObjectForm.Explain(answer) });
    }

    private static ApiCall CallOf(Guid id, string action) => ApiCall.Post($"{Path}/{action}", new JsonObject { ["id"] = id.ToString() });

    private static IResult Ask(Guid id, string action, Draft draft) => PageResult.Of<ConfirmPage>(new
    {
        Title = action == "replay" ? "Replay this message?" : "Discard this message?",
        Button = action == "replay" ? "Replay" : "Discard",
        Back = Page,
        Call = CallOf(id, action),
        Draft = draft,
        Harmless = action == "replay",
        Crumbs = (IReadOnlyList<(string, string)>)[(Page, "Dead letters")],
        Consequences = (IReadOnlyList<string>)(action == "replay"
            ? ["It goes back into its queue and is tried as often as a new one. Nothing happens twice. If the cause is still there, it comes back here."]
            : ["It is deleted for good: what it was to bring about never happens by itself. A grant that it was to end may live on, for one."]),
    });
}
