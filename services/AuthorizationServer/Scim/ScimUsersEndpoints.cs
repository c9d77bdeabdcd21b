using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.AuthorizationServer.Scim.Patching;
using ManagedOAuth.AuthorizationServer.Scim.Resources;
using ManagedOAuth.AuthorizationServer.Scim.Store;

namespace ManagedOAuth.AuthorizationServer.Scim;

/// <summary><c>/Users</c> (RFC 7644 §3): what a provider tells of its users.</summary>
internal static class ScimUsersEndpoints
{
    private const string Resource = "user";
    private const string LogType = "USER";

    public static void MapScimUsers(this RouteGroupBuilder scim)
    {
        scim.MapGet("/Users", ListAsync);
        scim.MapPost("/Users", CreateAsync);
        scim.MapGet("/Users/{id}", GetAsync);
        scim.MapPut("/Users/{id}", ReplaceAsync);
        scim.MapPatch("/Users/{id}", PatchAsync);
        scim.MapDelete("/Users/{id}", RemoveAsync);
    }

    private static Task<IResult> ListAsync(HttpContext context, ScimDirectory directory, CancellationToken ct)
        => ScimResources.ListAsync<ScimUser>(context, directory, async (session, users) =>
        {
            var groups = await directory.GroupsOfAsync(session, ScimRequests.Excludes(context, "groups") ? [] : [.. users.Select(user => user.Id)], ct);
            return users.Select(user => ScimJson.Of(user, groups[user.Id], ScimCaller.Of(context).BaseUrl));
        }, ct);

    private static Task<IResult> GetAsync(HttpContext context, ScimDirectory directory, CancellationToken ct)
        => ScimResources.GetAsync<ScimUser>(context, directory, Resource, (session, user) => ShowAsync(context, directory, session, user, StatusCodes.Status200OK, ct), ct);

    private static async Task<IResult> CreateAsync(HttpContext context, ScimDirectory directory, CancellationToken ct)
    {
        var caller = ScimCaller.Of(context);
        return await ScimRequests.LoggedAsync(context, LogType, async body =>
        {
            var state = ScimUserReader.Read(caller.Provider.Id, JsonObject.Create(body)!);
            var user = await directory.ChangeAsync(caller.Provider, caller.FlowId, made => Line(context, body, made), async change =>
            {
                await CheckNameAsync(change, state, null, ct);
                var made = new ScimUser { Id = Guid.NewGuid(), Version = 1 };
                var created = new ScimUserCreated(state, change.Now);
                made.Apply(created);
                change.Unit.Events.StartStream<ScimUser>(made.Id, created);
                await SettleAsync(change, null, made, ct);
                return made;
            }, ct);
            await using var session = directory.Read();
            return await ShowAsync(context, directory, session, user, StatusCodes.Status201Created, ct);
        });
    }

    private static Task<IResult> ReplaceAsync(HttpContext context, ScimDirectory directory, CancellationToken ct)
        => AlterAsync(context, directory, (_, body) => JsonObject.Create(body)!, ct);

    private static Task<IResult> PatchAsync(HttpContext context, ScimDirectory directory, CancellationToken ct)
        => AlterAsync(context, directory, (user, body) =>
        {
            var resource = JsonObject.Create(user.State.Attributes.Clone())!;
            foreach (var operation in ScimOperation.Read(body))
            {
                ScimPatcher.Apply(resource, operation);
            }

            return resource;
        }, ct);

    private static async Task<IResult> RemoveAsync(HttpContext context, ScimDirectory directory, CancellationToken ct)
    {
        var caller = ScimCaller.Of(context);
        return await ScimRequests.LoggedAsync(context, LogType, async () =>
        {
            await directory.ChangeAsync(caller.Provider, caller.FlowId, user => Line(context, null, user), async change =>
            {
                var (stream, user) = await ScimResources.FetchAsync<ScimUser>(context, change, Resource, ct);
                stream.AppendOne(new ScimUserRemoved(change.Now));
                foreach (var group in (await directory.GroupsOfAsync(change.Unit, [user.Id], ct))[user.Id])
                {
                    change.Unit.Events.Append(group.Id, new ScimGroupMembersChanged([], [user.Id], change.Now));
                    change.Unit.Delete<ScimMembership>(ScimMembership.IdOf(group.Id, user.Id));
                }

                change.End(user);
                await change.NoteAsync(user, null, ct);
                return user;
            }, ct);
            return new ScimResult(StatusCodes.Status204NoContent, null);
        });
    }

    private static async Task<IResult> AlterAsync(HttpContext context, ScimDirectory directory, Func<ScimUser, JsonElement, JsonObject> alter, CancellationToken ct)
    {
        var caller = ScimCaller.Of(context);
        return await ScimRequests.LoggedAsync(context, LogType, async body =>
        {
            var user = await directory.ChangeAsync(caller.Provider, caller.FlowId, changed => Line(context, body, changed), async change =>
            {
                var (stream, before) = await ScimResources.FetchAsync<ScimUser>(context, change, Resource, ct);
                var state = ScimUserReader.Read(caller.Provider.Id, alter(before, body));
                await CheckNameAsync(change, state, before.Id, ct);
                var changed = new ScimUserChanged(state, change.Now);
                var after = new ScimUser { Id = before.Id, Version = before.Version + 1, CreatedAt = before.CreatedAt };
                after.Apply(changed);
                stream.AppendOne(changed);
                await SettleAsync(change, before, after, ct);
                return after;
            }, ct);
            await using var session = directory.Read();
            return await ShowAsync(context, directory, session, user, StatusCodes.Status200OK, ct);
        });
    }

    // What the change means for what the user holds: whoever may no longer come in loses it, and who is known under another address logs in anew.
    private static async Task SettleAsync(ScimChange change, ScimUser? before, ScimUser after, CancellationToken ct)
    {
        if (!after.Active)
        {
            change.End(after);
        }

        if (before is not null)
        {
            change.Rename(before, after);
        }

        if (before is not null && !after.Active)
        {
            change.End(before);
        }
        else if (before is null || before.Active != after.Active || !before.LoginAddresses().ToHashSet(StringComparer.Ordinal).SetEquals(after.LoginAddresses()))
        {
            change.Move([after]);
        }

        await change.NoteAsync(before, after, ct);
    }

    private static async Task CheckNameAsync(ScimChange change, ScimUserState state, Guid? own, CancellationToken ct)
    {
        var same = await change.Unit.QueryAsync<ScimUser>("where (data ->> 'key') = ? limit 1", ct, $"{state.ProviderId} {state.UserName.ToLowerInvariant()}");
        if (same.Count > 0 && same[0].Id != own)
        {
            throw ScimException.Taken($"There is a user with this userName: {same[0].Id}.");
        }
    }

    private static async Task<IResult> ShowAsync(HttpContext context, ScimDirectory directory, Marten.IQuerySession session, ScimUser user, int status, CancellationToken ct)
    {
        var caller = ScimCaller.Of(context);
        var groups = await directory.GroupsOfAsync(session, [user.Id], ct);
        return new ScimResult(status, ScimJson.Of(user, groups[user.Id], caller.BaseUrl))
        {
            Location = $"{caller.BaseUrl}/Users/{user.Id}", EntityTag = ScimJson.Tag(user.Version),
        };
    }

    private static ScimUpdate Line(HttpContext context, JsonElement? body, ScimUser user) => ScimRequests.Line(context, LogType, body) with
    {
        ResourceId = user.Id.ToString(), ExternalId = user.ExternalId ?? "", Email = user.Email ?? "",
    };
}
