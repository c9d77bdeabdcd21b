using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Portals.Servers;

namespace ManagedOAuth.Config.Dashboard.Pages.McpServers;

/// <summary><c>/mcp-servers</c>: the servers behind portals, what they offer and what of it waits for approval. A page is addressed by the <c>uid</c>, the API by the <c>id</c>.</summary>
public sealed class McpServerPages() : ObjectPages(PageKind.Find("mcp_server")!)
{
    protected override IReadOnlyList<string> RemovalConsequences =>
    [
        "Only a server that no portal has can be removed: nobody's tools change.",
        "It goes off the applications that say who sees it; what was read of it, its approvals and its credentials are forgotten.",
        "Its history stays, and it can be brought back with its address and switches. A fixed credential or client secret comes back only with the address it was for.",
    ];

    protected override SaveQuestion? Question(string id, string name) => null;

    protected override string Created(JsonObject made) => $"The server {made["name"]} is known, and is read now. Put it into a portal for others to use it.";

    protected override IResult List(ListView view) => PageResult.Of<McpServerList>(new { View = view });

    protected override Draft Suggestion(HttpRequest request)
    {
        var draft = new Draft();
        draft.Set("/auth_type", "unauthenticated");
        draft.Set("/tool_pinning", "quarantine");
        return draft;
    }

    protected override bool Take(Draft draft, IFormCollection form) => McpServerForm.Take(draft, form);

    protected override string ApiPathOf(HttpContext context, Guid id) => PathOf(context, id);

    protected override async Task<IResult> FormAsync(HttpContext context, EditModel model, int status, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(model);
        var api = context.RequestServices.GetRequiredService<AdminApi>();
        var policies = await api.GetAsync("access/policies?per_page=1000", ct);
        if (model.IsNew)
        {
            return PageResult.Of<McpServerEdit>(new { Model = model, ReusablePolicies = policies.Items, HasMorePolicies = policies.IsShortened }, status);
        }

        var server = await api.GetAsync(model.ApiPath, ct);
        var id = (string?)server.Object["id"] ?? "";
        var alerts = await api.GetAsync($"access/ai-controls/mcp/alerts?server_id={id}&per_page=20", ct);
        var snapshot = context.RequestServices.GetRequiredService<ConfigurationLog>().Current.Snapshot;
        return PageResult.Of<McpServerEdit>(
            new
            {
                Model = model,
                ReusablePolicies = policies.Items,
                HasMorePolicies = policies.IsShortened,
                Facts = new McpServerFacts
                {
                    Server = server.Object,
                    Alerts = alerts.Items,
                    Portals = [.. snapshot.McpPortals.Values.Where(portal => portal.Servers.Any(used => used.ServerId == id)).OrderBy(portal => portal.Name, StringComparer.Ordinal).Select(portal => ($"/mcp-portals/{portal.Id}", portal.Name))],
                    Applications = [.. ServerApplications.Of(id, snapshot).Select(application => ($"/applications/{application.Id}/policies", application.Name))],
                },
            },
            status);
    }

    protected override void MapMore(RouteGroupBuilder group)
    {
        group.MapGet("/{id:guid}/tools", (Guid id, HttpContext context, CancellationToken ct) => CapabilityPages.ShowAsync(id, context, ct));
        group.MapPost("/{id:guid}/tools", CapabilityPages.SaveAsync);
        group.MapPost("/{id:guid}/approve", CapabilityPages.DecideAsync);
        group.MapGet("/{id:guid}/definition", CapabilityPages.HistoryAsync);
        group.MapPost("/{id:guid}/sync", SyncAsync);
        group.MapPost("/{id:guid}/connect", ConnectAsync);
        group.MapPost("/{id:guid}/disconnect", (Guid id, HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct)
            => DoAsync(context, api, flashes, ApiCall.Post($"{PathOf(context, id)}/disconnect"), id, "The shared login is forgotten.", ct));
        group.MapPost("/{id:guid}/alerts/{alert:guid}", (Guid id, Guid alert, HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct)
            => DoAsync(context, api, flashes, ApiCall.Post($"access/ai-controls/mcp/alerts/{alert}/acknowledge"), id, "Acknowledged. It comes back when there is something new about it.", ct));
    }

    /// <summary>The server's address in the admin API; one that answers 404 where there is none.</summary>
    public static string PathOf(HttpContext context, Guid id)
    {
        ArgumentNullException.ThrowIfNull(context);
        var servers = context.RequestServices.GetRequiredService<ConfigurationLog>().Current.Snapshot.McpServers;
        return $"access/ai-controls/mcp/servers/{(servers.TryGetValue(id, out var server) ? server.ServerId : id.ToString())}";
    }

    private static async Task<IResult> DoAsync(HttpContext context, AdminApi api, Flashes flashes, ApiCall call, Guid id, string message, CancellationToken ct)
    {
        var answer = await api.SendAsync(call, ct);
        return answer.Success ? flashes.Redirect(context, $"/mcp-servers/{id}", message, call) : PageResult.Failed(answer, "MCP server");
    }

    private static async Task<IResult> SyncAsync(Guid id, HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct)
    {
        var call = ApiCall.Post($"{PathOf(context, id)}/sync");
        try
        {
            var answer = await api.SendAsync(call, ct);
            return !answer.Success
                ? PageResult.Failed(answer, "MCP server")
                : flashes.Redirect(context, $"/mcp-servers/{id}", answer.Object["error"] is { } error ? $"It was tried, and is {answer.Object["status"]}: {error}." : "It was read.", call);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // A reading may take longer than a page waits; it goes on by itself at its next time.
            return flashes.Redirect(context, $"/mcp-servers/{id}", "The server is slow: it did not answer while this page waited. It is tried again by itself.", call);
        }
    }

    private static async Task<IResult> ConnectAsync(Guid id, HttpContext context, AdminApi api, CancellationToken ct)
    {
        var stored = await api.GetAsync(PathOf(context, id), ct);
        var call = ApiCall.Post($"{PathOf(context, id)}/connect", new JsonObject { ["return_url"] = $"{context.GetEdgeRequest().PublicOrigin}/mcp-servers/{id}" });
        var answer = await api.SendAsync(call, ct);
        return answer.Success
            ? PageResult.Of<McpConnectPage>(new { Id = id.ToString(), Name = (string?)stored.Object["name"] ?? "", Url = (string?)answer.Object["url"] ?? "", Call = call })
            : PageResult.Failed(answer, "MCP server");
    }
}
