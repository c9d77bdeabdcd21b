using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.DryRuns;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Config.Organizations;
using static ManagedOAuth.Config.OpenApi.JsonShape;

namespace ManagedOAuth.Config.History;

/// <summary><c>.../{id}/versions</c> of every kind: list, read, compare, restore.</summary>
public static class VersionEndpoints
{
    /// <summary>Maps the routes of the kinds below this group's path.</summary>
    public static void MapVersions(this IEndpointRouteBuilder routes, IEnumerable<IObjectKind> kinds)
    {
        ArgumentNullException.ThrowIfNull(kinds);
        foreach (var kind in kinds)
        {
            // There is one organization, and it has no id in its path.
            var one = kind is OrganizationKind;
            var group = routes.MapGroup(one ? $"/{kind.Path}" : $"/{kind.Path}/{{id:guid}}").RequirePermission(kind.Permissions.Read!.Value, kind.Permissions.Write!.Value).WithDryRun();
            group.MapGet("/versions", (HttpRequest request, ConfigurationHistory history, CancellationToken ct)
                => List(kind, IdOf(request), request, history, ct)).DescribePage().Answers(ListOf(HistoryShapes.Change));
            group.MapGet("/versions/{version:long}", (long version, HttpRequest request, ConfigurationHistory history, CancellationToken ct)
                => Get(kind, IdOf(request), version, history, ct)).Answers(HistoryShapes.Version);
            group.MapGet("/versions/{from:long}/diff/{to:long}", (long from, long to, HttpRequest request, ConfigurationHistory history, CancellationToken ct)
                => Compare(kind, IdOf(request), from, to, history, ct)).Answers(Of(("from", Integer), ("to", Integer), ("changes", HistoryShapes.Changes)));
            if (kind.IsRestorable)
            {
                group.MapPost("/versions/{version:long}/restore", (long version, HttpContext context, CancellationToken ct)
                    => kind.RestoreAsync(context, IdOf(context.Request), version, ct)).Answers(Kind(kind.Name));
            }
        }
    }

    private static Guid IdOf(HttpRequest request) => request.RouteValues["id"] is string id ? Guid.Parse(id) : OrganizationReader.Id;

    private static async Task<IResult> List(IObjectKind kind, Guid id, HttpRequest request, ConfigurationHistory history, CancellationToken ct)
    {
        if (Paging.From(request.Query) is not { } paging)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("page is from 1, per_page from 1 to 1000"));
        }

        var count = await history.CountAsync(kind, id, ct);
        if (count == 0)
        {
            return NotFound(kind.Name);
        }

        var newest = count - ((long)(paging.Page - 1) * paging.PerPage);
        var versions = newest < 1 ? [] : await history.VersionsAsync(id, Math.Max(1, newest - paging.PerPage + 1), newest, whole: false, ct);
        return ApiEnvelope.Page(versions, paging, count);
    }

    private static async Task<IResult> Get(IObjectKind kind, Guid id, long version, ConfigurationHistory history, CancellationToken ct)
        => version >= 1 && version <= await history.CountAsync(kind, id, ct)
            ? ApiEnvelope.Ok((await history.VersionsAsync(id, version, version, whole: true, ct))[0])
            : NotFound("version");

    private static async Task<IResult> Compare(IObjectKind kind, Guid id, long from, long to, ConfigurationHistory history, CancellationToken ct)
    {
        var count = await history.CountAsync(kind, id, ct);
        if (from < 1 || to < 1 || from > count || to > count)
        {
            return NotFound("version");
        }

        var before = (await history.VersionsAsync(id, from, from, whole: true, ct))[0]["object"];
        var after = (await history.VersionsAsync(id, to, to, whole: true, ct))[0]["object"];
        return ApiEnvelope.Ok(new JsonObject { ["from"] = from, ["to"] = to, ["changes"] = JsonDifference.Between(before, after) });
    }

    private static IResult NotFound(string what) => ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound(what));
}
