namespace ManagedOAuth.AuthorizationServer.Scim.Store;

/// <summary>Puts changes of a group's members into a change.</summary>
internal static class ScimMembers
{
    /// <summary>The users of these ids.</summary>
    /// <exception cref="ScimException"><c>invalidValue</c>: one of them is no user of this provider.</exception>
    public static async Task<IReadOnlyList<ScimUser>> UsersAsync(ScimChange change, IReadOnlyList<Guid> ids, CancellationToken ct)
    {
        if (ids.Count == 0)
        {
            return [];
        }

        var users = (await change.Unit.QueryAsync<ScimUser>("where d.id = any(?) and (data ->> 'providerId') = ?", ct, ids.ToArray(), change.Provider.Id.ToString()))
            .Where(user => !user.Removed).ToList();
        return users.Count == ids.Count
            ? users
            : throw ScimException.Invalid("invalidValue", $"There is no user {ids.Except(users.Select(user => user.Id)).First()}.");
    }

    /// <summary>The event, if anything changes; documents and consequences go to the change.</summary>
    public static IEnumerable<object> Change(ScimChange change, Guid group, IReadOnlyList<ScimUser> added, IReadOnlyList<ScimUser> removed)
    {
        if (added.Count + removed.Count == 0)
        {
            return [];
        }

        foreach (var user in added)
        {
            change.Unit.Store(ScimMembership.Of(group, user.Id));
        }

        foreach (var user in removed)
        {
            change.Unit.Delete<ScimMembership>(ScimMembership.IdOf(group, user.Id));
        }

        change.Move(added.Concat(removed));
        return [new ScimGroupMembersChanged([.. added.Select(user => user.Id)], [.. removed.Select(user => user.Id)], change.Now)];
    }
}
