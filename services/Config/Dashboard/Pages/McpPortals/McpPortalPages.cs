using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Pages.McpServers;
using ManagedOAuth.Config.Dashboard.Requests;
using ManagedOAuth.Config.Feed;

namespace ManagedOAuth.Config.Dashboard.Pages.McpPortals;

/// <summary><c>/mcp-portals</c>: many servers behind one address. A page is addressed by the <c>uid</c>, the API by the <c>id</c>.</summary>
public sealed class McpPortalPages() : ObjectPages(PageKind.Find("mcp_portal")!)
{
    protected override IReadOnlyList<string> RemovalConsequences =>
    [
        "Its address stops answering at once, and everybody's access to it ends: clients have to be connected again if it comes back.",
        "Its application goes with it. Its servers stay, with what was read of them.",
        "Its history stays, and it can be brought back with its application.",
    ];

    protected override string Saved => "Saved. Every edge has it within a second; clients are told that their tools have changed.";

    protected override SaveQuestion? Question(string id, string name) => null;

    protected override string Created(JsonObject made) => $"The portal {made["name"]} is there.";

    protected override IResult List(ListView view) => PageResult.Of<McpPortalList>(new { View = view });

    protected override Draft Suggestion(HttpRequest request) => new();

    protected override bool Take(Draft draft, IFormCollection form) => McpPortalForm.Take(draft, form);

    protected override string ApiPathOf(HttpContext context, Guid id) => PathOf(context, id);

    protected override Task<ApiAnswer> FindAsync(HttpContext context, Guid id, CancellationToken ct) => ReadAsync(context, id, ct);

    protected override async Task<IResult> FormAsync(HttpContext context, EditModel model, int status, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(model);
        var services = context.RequestServices;
        var api = services.GetRequiredService<AdminApi>();
        var servers = services.GetRequiredService<ConfigurationLog>().Current.Snapshot.McpServers.Values;
        var policies = model.IsNew ? await api.GetAsync("access/policies?per_page=1000", ct) : null;
        return PageResult.Of<McpPortalEdit>(
            new
            {
                Model = model,
                Facts = new McpPortalFacts
                {
                    Servers = servers.OrderBy(server => server.Name, StringComparer.OrdinalIgnoreCase).ToDictionary(server => server.ServerId, server => server.Name, StringComparer.Ordinal),
                    Policies = policies?.Items ?? [],
                    HasMorePolicies = policies?.IsShortened == true,
                    Portal = model.IsNew ? [] : (await api.GetAsync(model.ApiPath, ct)).Object,
                },
            },
            status);
    }

    protected override void MapMore(RouteGroupBuilder group)
    {
        group.MapGet("/{id:guid}/servers/{server}", (Guid id, string server, HttpContext context, CancellationToken ct) => CurateAsync(id, server, context, false, ct));
        group.MapPost("/{id:guid}/servers/{server}", (Guid id, string server, HttpContext context, CancellationToken ct) => CurateAsync(id, server, context, true, ct));
    }

    private static string PathOf(HttpContext context, Guid id)
    {
        ArgumentNullException.ThrowIfNull(context);
        var portals = context.RequestServices.GetRequiredService<ConfigurationLog>().Current.Snapshot.McpPortals;
        return $"access/ai-controls/mcp/portals/{(portals.TryGetValue(id, out var portal) ? portal.PortalId : id.ToString())}";
    }

    // The portal with what it says itself: what there is to know of its servers is not a part of it.
    private static async Task<ApiAnswer> ReadAsync(HttpContext context, Guid id, CancellationToken ct)
    {
        var stored = await context.RequestServices.GetRequiredService<AdminApi>().GetAsync(PathOf(context, id), ct);
        if (stored.Success)
        {
            stored.Object["servers"] = McpPortalForm.ServersOf(stored.Object);
        }

        return stored;
    }

    private static async Task<IResult> CurateAsync(Guid id, string server, HttpContext context, bool saves, CancellationToken ct)
    {
        var stored = await ReadAsync(context, id, ct);
        var draft = new Draft(stored.Object);
        var at = draft.Objects("/servers").ToList().FindIndex(entry => (string?)entry["server_id"] == server);
        if (!stored.Success || at < 0)
        {
            return stored.Success ? Messages.NotFound("server in this portal") : PageResult.Failed(stored, "MCP server portal");
        }

        var shown = await context.RequestServices.GetRequiredService<AdminApi>().GetAsync($"access/ai-controls/mcp/servers/{server}", ct);
        var entry = draft.Objects("/servers")[at];
        Task<IResult> PageAsync(Preview? preview, int status) => Task.FromResult(PageResult.Of<McpPortalServer>(
            new
            {
                Model = new McpPortalServerModel
                {
                    Id = id.ToString(),
                    Portal = (string?)stored.Object["name"] ?? "",
                    Server = (string?)shown.Object["name"] ?? server,
                    Draft = draft,
                    Entry = entry,
                    Pointer = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/servers/{at}"),
                    ETag = stored.ETag ?? "",
                    Page = CapabilityPage.Of(shown.Object, context.Request.Query),
                    Preview = preview,
                },
            },
            status));
        if (!saves)
        {
            return await PageAsync(null, StatusCodes.Status200OK);
        }

        CapabilityForm.Take(entry, context.Request.Form);
        return await ObjectForm.AnswerAsync(
            context,
            ObjectForm.Change(PathOf(context, id), stored.Object, draft, context.Request.Form[ObjectForm.ETagField]),
            draft,
            _ => ($"/mcp-portals/{id}/servers/{server}{context.Request.QueryString}", "Saved. Clients are told that their tools have changed."),
            PageAsync);
    }
}
