using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.McpServers;

/// <summary><c>/mcp-servers/{uid}/tools</c>: what a server offers, what of it is there and under which names, and what waits for approval.</summary>
public static class CapabilityPages
{
    private const string Saved = "Saved. Every portal has it at once.";

    public static async Task<IResult> ShowAsync(Guid id, HttpContext context, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(context);
        var stored = await context.RequestServices.GetRequiredService<AdminApi>().GetAsync(McpServerPages.PathOf(context, id), ct);
        return stored.Success ? await PageAsync(id, context, stored, new Draft(stored.Object), null, StatusCodes.Status200OK, ct) : PageResult.Failed(stored, "MCP server");
    }

    public static async Task<IResult> SaveAsync(Guid id, HttpContext context, AdminApi api, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(api);
        var path = McpServerPages.PathOf(context, id);
        var stored = await api.GetAsync(path, ct);
        if (!stored.Success)
        {
            return PageResult.Failed(stored, "MCP server");
        }

        var draft = new Draft(stored.Object);
        CapabilityForm.Take(draft.Value, context.Request.Form);
        return await ObjectForm.AnswerAsync(
            context,
            ObjectForm.Change(path, stored.Object, draft, context.Request.Form[ObjectForm.ETagField]),
            draft,
            _ => ($"/mcp-servers/{id}/tools{context.Request.QueryString}", Saved),
            (preview, status) => PageAsync(id, context, stored, draft, preview, status, ct));
    }

    /// <summary>Approves what was looked at, and nothing that came since; or switches it off.</summary>
    public static async Task<IResult> DecideAsync(Guid id, HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(api);
        ArgumentNullException.ThrowIfNull(flashes);
        var form = context.Request.Form;
        var path = McpServerPages.PathOf(context, id);
        var stored = await api.GetAsync(path, ct);
        if (!stored.Success)
        {
            return PageResult.Failed(stored, "MCP server");
        }

        var draft = new Draft(stored.Object);
        var (call, message) = form["off"].ToString() is { Length: > 0 } off ? (Off(path, stored, draft, off), "It is switched off. It stays in quarantine as well.")
            : (Approve(path, form["approve"] == "shown" ? form["shown"] : form["approve"]), "Approved.");
        var answer = await api.SendAsync(call, ct);
        if (answer.Success)
        {
            return flashes.Redirect(context, $"/mcp-servers/{id}/tools", message, call);
        }

        draft.Errors = answer.Status == StatusCodes.Status409Conflict ? [("", "The server has said something else in the meantime. Look at what it says now.")] : ObjectForm.Explain(answer);
        return await PageAsync(id, context, stored, draft, null, answer.Status, ct);
    }

    public static async Task<IResult> HistoryAsync(Guid id, HttpContext context, AdminApi api, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(api);
        var (type, name) = (context.Request.Query["type"] == "prompts" ? "prompts" : "tools", context.Request.Query["name"].ToString());
        var stored = await api.GetAsync(McpServerPages.PathOf(context, id), ct);

        // The name becomes a part of a path.
        if (!stored.Success || name.Length is 0 or > 200 || name.AsSpan().ContainsAny("/?#%\\"))
        {
            return stored.Success ? Messages.NotFound("definition") : PageResult.Failed(stored, "MCP server");
        }

        var call = ApiCall.Get($"{McpServerPages.PathOf(context, id)}/{type}/{name}/history");
        var moments = await api.SendAsync(call, ct);
        return moments.Success
            ? PageResult.Of<McpDefinitionPage>(new { Id = id.ToString(), Server = (string?)stored.Object["name"] ?? "", Name = name, Events = moments.Items, Call = call })
            : PageResult.Failed(moments, "definition");
    }

    private static ApiCall Off(string path, ApiAnswer stored, Draft draft, string item)
    {
        var (kind, _, name) = Split(item);
        var capability = new McpCapability(kind, name, "", false);
        var before = CapabilityForm.UpdateOf(draft.Value, capability);
        CapabilityForm.Put(draft.Value, capability, "off", (string?)before?["alias"] ?? "", (string?)before?["description"] ?? "");
        return ObjectForm.Change(path, stored.Object, draft, stored.ETag);
    }

    private static ApiCall Approve(string path, IEnumerable<string?> items)
    {
        var body = new JsonObject { ["tools"] = new JsonArray(), ["prompts"] = new JsonArray(), ["instructions"] = new JsonArray() };
        foreach (var (kind, hash, name) in items.OfType<string>().Select(Split))
        {
            body[kind]!.AsArray().Add((JsonNode)new JsonObject { ["name"] = name, ["hash"] = hash });
        }

        return ApiCall.Post($"{path}/approve", body);
    }

    // `tools/{hash}/{name}`; a name may hold anything.
    private static (string Kind, string Hash, string Name) Split(string item)
        => item.Split('/', 3) is [var kind, var hash, var name] ? (kind is "prompts" or "instructions" ? kind : "tools", hash, name) : ("tools", "", item);

    private static async Task<IResult> PageAsync(Guid id, HttpContext context, ApiAnswer stored, Draft draft, Preview? preview, int status, CancellationToken ct)
    {
        var path = McpServerPages.PathOf(context, id);
        var waiting = await context.RequestServices.GetRequiredService<AdminApi>().GetAsync($"{path}/quarantine", ct);
        return PageResult.Of<McpServerTools>(
            new
            {
                Model = new McpServerModel
                {
                    Id = id.ToString(),
                    ApiPath = path,
                    Draft = draft,
                    ETag = stored.ETag ?? "",
                    Name = (string?)stored.Object["name"] ?? "",
                    Page = CapabilityPage.Of(stored.Object, context.Request.Query),
                    Waiting = waiting.Items,
                    Preview = preview,
                },
            },
            status);
    }
}
