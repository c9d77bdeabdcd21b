using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.AuthorizationServer.Scim.Patching;
using ManagedOAuth.AuthorizationServer.Scim.Resources;
using ManagedOAuth.AuthorizationServer.Scim.Store;

namespace ManagedOAuth.AuthorizationServer.Scim;

/// <summary><c>/Groups</c> (RFC 7644 §3): what a provider tells of its groups and who is in them.</summary>
internal static class ScimGroupsEndpoints
{
    private const string Resource = "group";
    private const string LogType = "GROUP";

    public static void MapScimGroups(this RouteGroupBuilder scim)
    {
        scim.MapGet("/Groups", ListAsync);
        scim.MapPost("/Groups", CreateAsync);
        scim.MapGet("/Groups/{id}", GetAsync);
        scim.MapPut("/Groups/{id}", ReplaceAsync);
        scim.MapPatch("/Groups/{id}", PatchAsync);
        scim.MapDelete("/Groups/{id}", RemoveAsync);
    }

    private static async Task<IResult> ListAsync(HttpContext context, ScimDirectory directory, CancellationToken ct)
    {
        var caller = ScimCaller.Of(context);
        var (start, count) = ScimRequests.PageOf(context);
        await using var session = directory.Read();
        var (groups, total) = await directory.ListAsync<ScimGroup>(session, caller.Provider.Id, ScimRequests.FilterOf(context), start - 1, count, ct);
        var shown = new List<JsonObject>();
        foreach (var group in groups)
        {
            shown.Add(ScimJson.Of(group, await MembersAsync(context, directory, session, group, ct), caller.BaseUrl));
        }

        return new ScimResult(StatusCodes.Status200OK, ScimJson.Page(shown, total, start));
    }

    private static async Task<IResult> GetAsync(HttpContext context, ScimDirectory directory, CancellationToken ct)
    {
        var caller = ScimCaller.Of(context);
        await using var session = directory.Read();
        var group = await ScimDirectory.FindGroupAsync(session, caller.Provider.Id, ScimRequests.IdOf(context, Resource), ct) ?? throw ScimException.NotFound(Resource);
        return ScimRequests.IsKnown(context, group.Version)
            ? new ScimResult(StatusCodes.Status304NotModified, null) { EntityTag = ScimJson.Tag(group.Version) }
            : await ShowAsync(context, directory, group.Id, StatusCodes.Status200OK, ct);
    }

    private static async Task<IResult> CreateAsync(HttpContext context, ScimDirectory directory, CancellationToken ct)
    {
        var caller = ScimCaller.Of(context);
        var body = await ScimRequests.BodyAsync(context);
        return await ScimRequests.LoggedAsync(context, LogType, body, async () =>
        {
            var resource = JsonObject.Create(body)!;
            var (name, externalId, members) = (ScimGroupReader.Name(resource), ScimUserReader.Text(resource, "externalId"), ScimGroupReader.Members(ScimPatcher.Get(resource, "members")));
            var group = await directory.ChangeAsync(caller.Provider, caller.FlowId, made => Line(context, body, made), async change =>
            {
                var made = new ScimGroup { Id = Guid.NewGuid(), DisplayName = name, ExternalId = externalId };
                var moved = await ScimMembers.UsersAsync(change, members, ct);
                object[] events = [new ScimGroupCreated(caller.Provider.Id, name, externalId, change.Now), .. ScimMembers.Change(change, made.Id, moved, [])];
                change.Unit.Events.StartStream<ScimGroup>(made.Id, events);
                return made;
            }, ct);
            return await ShowAsync(context, directory, group.Id, StatusCodes.Status201Created, ct);
        });
    }

    private static async Task<IResult> ReplaceAsync(HttpContext context, ScimDirectory directory, CancellationToken ct)
    {
        var body = await ScimRequests.BodyAsync(context);
        return await AlterAsync(context, directory, body, (draft, _) =>
        {
            var resource = JsonObject.Create(body)!;
            draft.Name = ScimGroupReader.Name(resource);
            draft.ExternalId = ScimUserReader.Text(resource, "externalId") ?? draft.ExternalId;
            draft.Set(ScimGroupReader.Members(ScimPatcher.Get(resource, "members")));
        }, ct);
    }

    private static async Task<IResult> PatchAsync(HttpContext context, ScimDirectory directory, CancellationToken ct)
    {
        var body = await ScimRequests.BodyAsync(context);
        return await AlterAsync(context, directory, body, (draft, _) =>
        {
            foreach (var operation in ScimOperation.Read(body))
            {
                draft.Apply(operation);
            }
        }, ct);
    }

    private static async Task<IResult> RemoveAsync(HttpContext context, ScimDirectory directory, CancellationToken ct)
    {
        var caller = ScimCaller.Of(context);
        return await ScimRequests.LoggedAsync(context, LogType, null, async () =>
        {
            await directory.ChangeAsync(caller.Provider, caller.FlowId, group => Line(context, null, group), async change =>
            {
                var (stream, group) = await FetchAsync(context, change, ct);
                change.Move(await directory.MembersOfAsync(change.Unit, group.Id, ct));
                change.Unit.DeleteWhere<ScimMembership>("where (data ->> 'groupId') = ?", group.Id.ToString());
                stream.AppendOne(new ScimGroupRemoved(change.Now));
                return group;
            }, ct);
            return new ScimResult(StatusCodes.Status204NoContent, null);
        });
    }

    private static async Task<IResult> AlterAsync(HttpContext context, ScimDirectory directory, JsonElement body, Action<ScimGroupDraft, ScimGroup> alter, CancellationToken ct)
    {
        var caller = ScimCaller.Of(context);
        return await ScimRequests.LoggedAsync(context, LogType, body, async () =>
        {
            var group = await directory.ChangeAsync(caller.Provider, caller.FlowId, changed => Line(context, body, changed), async change =>
            {
                var (stream, before) = await FetchAsync(context, change, ct);
                var members = await directory.MembersOfAsync(change.Unit, before.Id, ct);
                var draft = new ScimGroupDraft(before, members.Select(member => member.Id));
                alter(draft, before);
                var added = await ScimMembers.UsersAsync(change, [.. draft.Added], ct);
                var removed = members.Where(member => draft.Removed.Contains(member.Id)).ToList();
                if (draft.IsRenamed)
                {
                    stream.AppendOne(new ScimGroupChanged(draft.Name, draft.ExternalId, change.Now));
                    change.Move(members);
                }

                stream.AppendMany(ScimMembers.Change(change, before.Id, added, removed));
                return before;
            }, ct);
            return await ShowAsync(context, directory, group.Id, StatusCodes.Status200OK, ct);
        });
    }

    private static async Task<(Marten.Events.IEventStream<ScimGroup> Stream, ScimGroup Group)> FetchAsync(HttpContext context, ScimChange change, CancellationToken ct)
    {
        var stream = await change.Unit.Events.FetchForWriting<ScimGroup>(ScimRequests.IdOf(context, Resource), ct);
        if (stream.Aggregate is not { Removed: false } group || group.ProviderId != change.Provider.Id)
        {
            throw ScimException.NotFound(Resource);
        }

        ScimRequests.CheckPrecondition(context, group.Version);
        return (stream, group);
    }

    private static async Task<IEnumerable<(Guid, string)>?> MembersAsync(
        HttpContext context, ScimDirectory directory, Marten.IQuerySession session, ScimGroup group, CancellationToken ct)
        => ScimRequests.Excludes(context, "members")
            ? null
            : (await directory.MembersOfAsync(session, group.Id, ct)).Select(member => (member.Id, member.State.DisplayName.Length > 0 ? member.State.DisplayName : member.State.UserName));

    private static async Task<IResult> ShowAsync(HttpContext context, ScimDirectory directory, Guid id, int status, CancellationToken ct)
    {
        var caller = ScimCaller.Of(context);
        await using var session = directory.Read();
        var group = await ScimDirectory.FindGroupAsync(session, caller.Provider.Id, id, ct) ?? throw ScimException.NotFound(Resource);
        return new ScimResult(status, ScimJson.Of(group, await MembersAsync(context, directory, session, group, ct), caller.BaseUrl))
        {
            Location = $"{caller.BaseUrl}/Groups/{group.Id}", EntityTag = ScimJson.Tag(group.Version),
        };
    }

    private static ScimUpdate Line(HttpContext context, JsonElement? body, ScimGroup group) => ScimRequests.Line(context, LogType, body) with
    {
        ResourceId = group.Id.ToString(), ExternalId = group.ExternalId ?? "", GroupName = group.DisplayName,
    };
}
