using System.Text.Json.Nodes;
using ManagedOAuth.AuthorizationServer.Scim.Resources;
using ManagedOAuth.AuthorizationServer.Scim.Store;
using Marten;
using Marten.Events;

namespace ManagedOAuth.AuthorizationServer.Scim;

/// <summary>What the endpoints of users and of groups have in common.</summary>
internal static class ScimResources
{
    /// <summary>A page of those that the filter of the request names.</summary>
    public static async Task<IResult> ListAsync<T>(
        HttpContext context, ScimDirectory directory, Func<IQuerySession, IReadOnlyList<T>, Task<IEnumerable<JsonObject>>> show, CancellationToken ct)
        where T : class, IScimResource
    {
        var (start, count) = ScimRequests.PageOf(context);
        await using var session = directory.Read();
        var (page, total) = await directory.ListAsync<T>(session, ScimCaller.Of(context).Provider.Id, ScimRequests.FilterOf(context), start - 1, count, ct);
        return new ScimResult(StatusCodes.Status200OK, ScimJson.Page([.. await show(session, page)], total, start));
    }

    /// <summary>The one in the path; 304 when the caller has it as it is.</summary>
    /// <exception cref="ScimException">404.</exception>
    public static async Task<IResult> GetAsync<T>(HttpContext context, ScimDirectory directory, string name, Func<IQuerySession, T, Task<IResult>> show, CancellationToken ct)
        where T : class, IScimResource
    {
        await using var session = directory.Read();
        var found = await FindAsync<T>(context, session, ScimRequests.IdOf(context, name), name, ct);
        return ScimRequests.IsKnown(context, found.Version)
            ? new ScimResult(StatusCodes.Status304NotModified, null) { EntityTag = ScimJson.Tag(found.Version) }
            : await show(session, found);
    }

    /// <summary>One of the calling provider.</summary>
    /// <exception cref="ScimException">404.</exception>
    public static async Task<T> FindAsync<T>(HttpContext context, IQuerySession session, Guid id, string name, CancellationToken ct)
        where T : class, IScimResource
        => await session.LoadAsync<T>(id, ct) is { Removed: false } found && found.ProviderId == ScimCaller.Of(context).Provider.Id ? found : throw ScimException.NotFound(name);

    /// <summary>The one in the path, to be changed.</summary>
    /// <exception cref="ScimException">404, 412.</exception>
    public static async Task<(IEventStream<T> Stream, T Resource)> FetchAsync<T>(HttpContext context, ScimChange change, string name, CancellationToken ct)
        where T : class, IScimResource
    {
        var stream = await change.Unit.Events.FetchForWriting<T>(ScimRequests.IdOf(context, name), ct);
        if (stream.Aggregate is not { Removed: false } found || found.ProviderId != change.Provider.Id)
        {
            throw ScimException.NotFound(name);
        }

        ScimRequests.CheckPrecondition(context, found.Version);
        return (stream, found);
    }
}
