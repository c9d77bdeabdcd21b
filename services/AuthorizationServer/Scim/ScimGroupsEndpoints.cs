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

    private static Task<IResult> ListAsync(HttpContext context, ScimDirectory directory, CancellationToken ct)
        => ScimResources.ListAsync<ScimGroup>(context, directory, async (_, groups) =>
        {
            // A page of large groups would be too much for one answer: beyond so many members, those of a group are read with the group alone.
            var total = 0;
            var shown = ScimRequests.Excludes(context, "members") ? [] : groups.TakeWhile(group => (total += group.Members) <= ScimSchemas.MaximumMembers).Select(group => group.Id).ToHashSet();
            var members = await directory.MemberNamesOfAsync(shown, ct);
            return groups.Select(group => ScimJson.Of(group, shown.Contains(group.Id) ? members[group.Id] : null, ScimCaller.Of(context).BaseUrl));
        }, ct);

    private static Task<IResult> GetAsync(HttpContext context, ScimDirectory directory, CancellationToken ct)
        => ScimResources.GetAsync<ScimGroup>(context, directory, Resource, (_, group) => ShowAsync(context, directory, group, StatusCodes.Status200OK, ct), ct);

    private static async Task<IResult> CreateAsync(HttpContext context, ScimDirectory directory, CancellationToken ct)
    {
        var caller = ScimCaller.Of(context);
        return await ScimRequests.LoggedAsync(context, LogType, async body =>
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
            return await ShowChangedAsync(context, directory, group.Id, StatusCodes.Status201Created, ct);
        });
    }

    private static Task<IResult> ReplaceAsync(HttpContext context, ScimDirectory directory, CancellationToken ct)
        => AlterAsync(context, directory, (draft, body) =>
        {
            var resource = JsonObject.Create(body)!;
            draft.Name = ScimGroupReader.Name(resource);
            draft.ExternalId = ScimUserReader.Text(resource, "externalId") ?? draft.ExternalId;
            draft.Set(ScimGroupReader.Members(ScimPatcher.Get(resource, "members")));
        }, ct);

    private static Task<IResult> PatchAsync(HttpContext context, ScimDirectory directory, CancellationToken ct)
        => AlterAsync(context, directory, (draft, body) =>
        {
            foreach (var operation in ScimOperation.Read(body))
            {
                draft.Apply(operation);
            }
        }, ct);

    private static async Task<IResult> RemoveAsync(HttpContext context, ScimDirectory directory, CancellationToken ct)
    {
        var caller = ScimCaller.Of(context);
        return await ScimRequests.LoggedAsync(context, LogType, async () =>
        {
            await directory.ChangeAsync(caller.Provider, caller.FlowId, group => Line(context, null, group), async change =>
            {
                var (stream, group) = await ScimResources.FetchAsync<ScimGroup>(context, change, Resource, ct);
                change.Move(await directory.MembersOfAsync(change.Unit, group.Id, ct));
                change.Unit.DeleteWhere<ScimMembership>("where (data ->> 'groupId') = ?", group.Id.ToString());
                stream.AppendOne(new ScimGroupRemoved(change.Now));
                return group;
            }, ct);
            return new ScimResult(StatusCodes.Status204NoContent, null);
        });
    }

    private static async Task<IResult> AlterAsync(HttpContext context, ScimDirectory directory, Action<ScimGroupDraft, JsonElement> alter, CancellationToken ct)
    {
        var caller = ScimCaller.Of(context);
        return await ScimRequests.LoggedAsync(context, LogType, async body =>
        {
            var group = await directory.ChangeAsync(caller.Provider, caller.FlowId, changed => Line(context, body, changed), async change =>
            {
                var (stream, before) = await ScimResources.FetchAsync<ScimGroup>(context, change, Resource, ct);
                var members = await directory.MembersOfAsync(change.Unit, before.Id, ct);
                var draft = new ScimGroupDraft(before, members.Select(member => member.Id));
                alter(draft, body);
                if (draft.Added.Count > 0)
                {
                    ScimGroupReader.CheckNumber(draft.Members);
                }

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
            return await ShowChangedAsync(context, directory, group.Id, StatusCodes.Status200OK, ct);
        });
    }

    private static async Task<IResult> ShowChangedAsync(HttpContext context, ScimDirectory directory, Guid id, int status, CancellationToken ct)
    {
        await using var session = directory.Read();
        return await ShowAsync(context, directory, await ScimResources.FindAsync<ScimGroup>(context, session, id, Resource, ct), status, ct);
    }

    private static async Task<IResult> ShowAsync(HttpContext context, ScimDirectory directory, ScimGroup group, int status, CancellationToken ct)
    {
        var caller = ScimCaller.Of(context);
        var members = ScimRequests.Excludes(context, "members") ? null : (await directory.MemberNamesOfAsync([group.Id], ct))[group.Id];
        return new ScimResult(status, ScimJson.Of(group, members, caller.BaseUrl))
        {
            Location = $"{caller.BaseUrl}/Groups/{group.Id}", EntityTag = ScimJson.Tag(group.Version),
        };
    }

    private static ScimUpdate Line(HttpContext context, JsonElement? body, ScimGroup group) => ScimRequests.Line(context, LogType, body) with
    {
        ResourceId = group.Id.ToString(), ExternalId = group.ExternalId ?? "", GroupName = group.DisplayName,
    };
}
