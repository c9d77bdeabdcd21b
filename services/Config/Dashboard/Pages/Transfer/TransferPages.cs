using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Transfer;

/// <summary>What is about to be imported.</summary>
/// <param name="File">The file as text.</param>
/// <param name="Prune">Whether what the file does not have is removed.</param>
/// <param name="Plan">What that would do; null before it was asked.</param>
/// <param name="Draft">Holds what is wrong with the file.</param>
public sealed record ImportModel(string File, bool Prune, JsonObject? Plan, Draft Draft)
{
    public IReadOnlyList<JsonObject> Steps => [.. (Plan?["changes"] as JsonArray ?? []).OfType<JsonObject>()];

    public long Count(string name) => (long?)Plan?["counts"]?[name] ?? 0;

    public long Changes => Count("created") + Count("changed") + Count("removed");
}

/// <summary><c>/transfer</c>: the whole configuration as one file: taken along, and made to be what a file says, after a look at the plan.</summary>
public static class TransferPages
{
    private const string Page = "/transfer";

    /// <summary>Largest file that these forms take, in bytes; the API takes larger ones.</summary>
    public const int MaximumFile = 4 * 1024 * 1024;

    // A form sends each end of a line as two bytes (HTML, multipart/form-data), and has a few fields besides. The edge lets somewhat more through.
    private const int MaximumForm = (2 * MaximumFile) + (64 * 1024);

    public static void MapTransfer(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        var group = pages.MapGroup(Page);
        group.AddEndpointFilter(static (context, next) =>
        {
            // The script that shows how far an export is fetches it.
            context.HttpContext.PageSecurity().AllowOwnConnections();
            return next(context);
        });
        group.MapGet("/", async (AdminApi api, CancellationToken ct) => PageResult.Of<TransferPage>(new { Model = new ImportModel("", false, null, new Draft()), Jobs = (await api.GetAsync("access/jobs?per_page=10", ct)).Items }));
        group.MapGet("/export", async (AdminApi api, CancellationToken ct) =>
        {
            // It is sent while it is made, and nothing has to be kept for it: the page's script shows how far it is, or the browser does.
            var refused = await api.PassAsync(ApiCall.Get("access/export"), ct);
            return refused is null ? Results.Empty : PageResult.Failed(refused, "configuration");
        });
        group.MapPost("/plan", PlanAsync).LimitBody(MaximumForm);
        group.MapPost("/apply", ApplyAsync).LimitBody(MaximumForm);
        group.MapGet("/jobs/{id:guid}", async (Guid id, AdminApi api, CancellationToken ct) =>
        {
            var job = await api.GetAsync($"access/jobs/{id}", ct);
            return job.Success ? PageResult.Of<JobPage>(new { Job = job.Object }) : PageResult.Failed(job, "job");
        });
        group.MapPost("/jobs/{id:guid}/cancel", async (Guid id, HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct) =>
        {
            var call = ApiCall.Post($"access/jobs/{id}/cancel");
            var answer = await api.SendAsync(call, ct);
            return answer.Success ? flashes.Redirect(context, $"{Page}/jobs/{id}", "It stops after the changes that are under way. What was done stays done.", call) : PageResult.Failed(answer, "job");
        });
    }

    private static async Task<IResult> PlanAsync(HttpContext context, AdminApi api, CancellationToken ct)
    {
        var form = await context.Request.ReadFormAsync(ct);
        var text = form["file"].ToString();
        if (form.Files["upload"] is { Length: > 0 } upload)
        {
            using var reader = new StreamReader(upload.OpenReadStream());
            text = await reader.ReadToEndAsync(ct);
        }

        var prune = form["prune"].Count > 0;
        text = text.Replace("\r\n", "\n", StringComparison.Ordinal);
        if (System.Text.Encoding.UTF8.GetByteCount(text) > MaximumFile)
        {
            return await RefusedAsync(api, "", prune, [("/file", "The file has more than 4 MiB: send it to the API, which takes up to 64.")], StatusCodes.Status413PayloadTooLarge, ct);
        }

        if (Parse(text) is not { } file)
        {
            return await RefusedAsync(api, text, prune, [("/file", "This is no configuration file: it is no JSON object.")], StatusCodes.Status400BadRequest, ct);
        }

        var plan = await api.SendAsync(ApiCall.Post($"access/apply?dry_run=true{(prune ? "&prune=true" : "")}", file), ct);
        return plan.Success
            ? PageResult.Of<PlanPage>(new { Model = new ImportModel(text, prune, plan.Object, new Draft()) })
            : await RefusedAsync(api, text, prune, ObjectForm.Explain(plan), plan.Status, ct);
    }

    private static async Task<IResult> ApplyAsync(HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct)
    {
        var form = await context.Request.ReadFormAsync(ct);
        var (text, prune) = (form["file"].ToString(), form["prune"].ToString() == "true");
        if (Parse(text) is not { } file || !long.TryParse(form["position"], NumberStyles.None, CultureInfo.InvariantCulture, out var position))
        {
            return await RefusedAsync(api, text, prune, [("/file", "Make a plan of it first.")], StatusCodes.Status400BadRequest, ct);
        }

        var answer = await api.SendAsync(ApiCall.Post(string.Create(CultureInfo.InvariantCulture, $"access/apply?expected_position={position}{(prune ? "&prune=true" : "")}"), file), ct);
        return answer switch
        {
            { Status: StatusCodes.Status202Accepted } => new SeeOther($"{Page}/jobs/{answer.Object["id"]}"),
            { Success: true } => flashes.Redirect(context, Page, $"Done: {answer.Object["counts"]?["created"]} made, {answer.Object["counts"]?["changed"]} changed, {answer.Object["counts"]?["removed"]} removed."),
            { Status: StatusCodes.Status412PreconditionFailed } => await RefusedAsync(api, text, prune, [("", "The configuration was changed since the plan was made. Look at a new plan.")], answer.Status, ct),
            _ => await RefusedAsync(api, text, prune, ObjectForm.Explain(answer), answer.Status, ct),
        };
    }

    private static async Task<IResult> RefusedAsync(AdminApi api, string file, bool prune, IReadOnlyList<(string Pointer, string Reason)> errors, int status, CancellationToken ct)
        => PageResult.Of<TransferPage>(
            new
            {
                // A pointer leads into the file, which is one field here.
                Model = new ImportModel(file, prune, null, new Draft { Errors = [.. errors.Select(error => ("/file", error.Pointer is "" or "/file" ? error.Reason : $"{error.Pointer}: {error.Reason}"))] }),
                Jobs = (await api.GetAsync("access/jobs?per_page=10", ct)).Items,
            },
            status);

    private static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            // Somebody chose another file: the page says so.
            return null;
        }
    }
}
