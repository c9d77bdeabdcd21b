using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.History;

/// <summary>The versions of one object.</summary>
public sealed record HistoryModel
{
    public required PageKind Kind { get; init; }

    public required string Id { get; init; }

    /// <summary>One page of them, newest first.</summary>
    public required ListView View { get; init; }

    /// <summary>The two that are compared, and what differs; null when none were asked for.</summary>
    public (long From, long To, IReadOnlyList<JsonObject> Changes)? Compared { get; init; }

    /// <summary>The object's other pages, this one among them; none where it has no more than one.</summary>
    public IReadOnlyList<(string Path, string Text)> Tabs { get; init; } = [];

    public string Name => View.Items.Select(version => (string?)version["name"]).OfType<string>().FirstOrDefault() ?? Kind.Title;
}

/// <summary>One version of an object.</summary>
public sealed record VersionModel(PageKind Kind, string Id, JsonObject Version, long Newest)
{
    /// <summary>Entity tag of the object as it is now; of one that was removed, its version.</summary>
    public required string ETag { get; init; }

    public long Number => (long)Version["version"]!;

    public string Name => (string?)Version["name"] ?? Kind.Title;

    public bool IsRemoval => Version["object"] is null;
}

/// <summary><c>.../history</c> of every kind of object: its versions, two of them compared, one of them read and brought back; also of removed objects.</summary>
public static class HistoryPages
{
    public static void MapHistory(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        foreach (var kind in PageKind.All)
        {
            var group = pages.MapGroup(kind.IsSingle ? $"{kind.Path}/history" : $"{kind.Path}/{{id:guid}}/history");
            group.MapGet("/", (HttpRequest request, AdminApi api, CancellationToken ct, Guid? id = null) => ListAsync(kind, id?.ToString() ?? "", request, api, ct));
            group.MapGet("/{version:long}", (long version, AdminApi api, CancellationToken ct, Guid? id = null) => ShowAsync(kind, id?.ToString() ?? "", version, api, ct));
            if (kind.IsRestorable)
            {
                group.MapGet("/{version:long}/restore", (long version, AdminApi api, CancellationToken ct, Guid? id = null) => AskAsync(kind, id?.ToString() ?? "", version, api, null, ct));
                group.MapPost("/{version:long}/restore", (long version, HttpContext context, AdminApi api, CancellationToken ct, Guid? id = null)
                    => RestoreAsync(kind, id?.ToString() ?? "", version, context, api, ct));
            }
        }
    }

    private static async Task<IResult> ListAsync(PageKind kind, string id, HttpRequest request, AdminApi api, CancellationToken ct)
    {
        var (view, refused) = await ListView.TryLoadAsync(api, kind.VersionsPath(id), request, ct);
        if (refused is not null)
        {
            return PageResult.Failed(refused, kind.Noun);
        }

        (long, long, IReadOnlyList<JsonObject>)? compared = null;
        if (Number(request, "from") is { } from && Number(request, "to") is { } to)
        {
            var answer = await api.GetAsync(string.Create(CultureInfo.InvariantCulture, $"{kind.VersionsPath(id)}/{from}/diff/{to}"), ct);
            compared = answer.Success ? (from, to, ChangeWords.Differences(answer.Object)) : null;
        }

        return PageResult.Of<HistoryPage>(new { Model = new HistoryModel { Kind = kind, Id = id, View = view, Compared = compared, Tabs = await TabsAsync(kind, id, api, ct) } });
    }

    private static async Task<IReadOnlyList<(string, string)>> TabsAsync(PageKind kind, string id, AdminApi api, CancellationToken ct) => kind.Name switch
    {
        "application" => Applications.ApplicationModel.TabsOf(id),
        "mcp_server" => McpServers.McpServerModel.TabsOf(id),
        "identity_provider" when await api.GetAsync($"{kind.ApiPath}/{id}", ct) is { Success: true } provider => IdentityProviders.ProviderTabs.Of(id, (string?)provider.Object["type"] ?? ""),
        _ => [],
    };

    private static async Task<(VersionModel? Model, ApiAnswer Answer)> FindAsync(PageKind kind, string id, long version, AdminApi api, CancellationToken ct)
    {
        var answer = await api.GetAsync(string.Create(CultureInfo.InvariantCulture, $"{kind.VersionsPath(id)}/{version}"), ct);
        var newest = answer.Success ? (await api.GetAsync(kind.VersionsPath(id) + "?per_page=1", ct)).TotalCount : 0;
        if (!answer.Success)
        {
            return (null, answer);
        }

        var now = await api.GetAsync(kind.IsSingle ? kind.ApiPath : $"{kind.ApiPath}/{id}", ct);
        return (new VersionModel(kind, id, answer.Object, newest) { ETag = now.ETag ?? string.Create(CultureInfo.InvariantCulture, $"\"{newest}\"") }, answer);
    }

    private static async Task<IResult> ShowAsync(PageKind kind, string id, long version, AdminApi api, CancellationToken ct)
    {
        var (model, answer) = await FindAsync(kind, id, version, api, ct);
        return model is null ? PageResult.Failed(answer, "version") : PageResult.Of<VersionPage>(new { Model = model });
    }

    private static ApiCall Restore(VersionModel model)
        => new("POST", string.Create(CultureInfo.InvariantCulture, $"{model.Kind.VersionsPath(model.Id)}/{model.Number}/restore"), null, model.ETag);

    private static async Task<IResult> AskAsync(PageKind kind, string id, long version, AdminApi api, ApiAnswer? refused, CancellationToken ct)
    {
        var (model, answer) = await FindAsync(kind, id, version, api, ct);
        if (model is null)
        {
            return PageResult.Failed(answer, "version");
        }

        var call = Restore(model);
        var tried = await api.SendAsync(call with { Path = call.Path + "?dry_run=true" }, ct);
        var problem = refused ?? (tried.Success ? null : tried);
        return PageResult.Of<RestorePage>(
            new { Model = model, Call = call, Preview = tried.Success ? Preview.Of(call, tried) : null, Draft = new Draft { Errors = problem is null ? [] : ObjectForm.Explain(problem) } },
            refused?.Status ?? StatusCodes.Status200OK);
    }

    private static async Task<IResult> RestoreAsync(PageKind kind, string id, long version, HttpContext context, AdminApi api, CancellationToken ct)
    {
        var (model, answer) = await FindAsync(kind, id, version, api, ct);
        if (model is null)
        {
            return PageResult.Failed(answer, "version");
        }

        // What was confirmed was a change of the version that was newest then.
        var call = Restore(model) with { IfMatch = context.Request.Form[ObjectForm.ETagField].ToString() };
        var restored = await api.SendAsync(call, ct);
        return restored.Success
            ? context.RequestServices.GetRequiredService<Flashes>().Redirect(context, kind.PageOf(id), $"Version {version} is back, as a new version.", call)
            : await AskAsync(kind, id, version, api, restored, ct);
    }

    private static long? Number(HttpRequest request, string name)
        => long.TryParse(request.Query[name], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
