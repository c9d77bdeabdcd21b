using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Upstream.Vault;
using ManagedOAuth.AuthorizationServer.Users;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Messages;
using Marten;
using Wolverine.Marten;

namespace ManagedOAuth.AuthorizationServer.Scim.Store;

/// <summary>
/// One change that an identity provider makes: its events, what they mean for sessions, for logins at MCP servers and for the user directory, the message to
/// Token and the line of the log, all in one transaction.
/// </summary>
public sealed class ScimChange : IAsyncDisposable
{
    private const int MessageSize = 500;

    private readonly AsyncServiceScope _scope;
    private readonly HashSet<string> _ended = new(StringComparer.Ordinal);
    private readonly HashSet<string> _givenUp = new(StringComparer.Ordinal);
    private readonly HashSet<string> _carried = new(StringComparer.Ordinal);
    private readonly HashSet<Guid> _renamed = [];
    private readonly HashSet<string> _moved = new(StringComparer.Ordinal);

    internal ScimChange(IDocumentSession unit, AsyncServiceScope scope, IdentityProvider provider, DateTimeOffset now)
        => (Unit, _scope, Provider, Now) = (unit, scope, provider, now);

    public IDocumentSession Unit { get; }

    public IdentityProvider Provider { get; }

    public DateTimeOffset Now { get; }

    /// <summary>The user may no longer come in by this provider under these addresses: everything that they hold ends, also what a later change would not find by their new address.</summary>
    public void End(ScimUser user)
    {
        ArgumentNullException.ThrowIfNull(user);
        _ended.UnionWith(user.LoginAddresses());
    }

    /// <summary>
    /// The user, who is the same person, has other addresses now. What they hold under one that is theirs no longer names them by it, to policies and to
    /// origins, and somebody else may be given it: they log in again, under the new one. Nothing else is taken from them.
    /// </summary>
    public void Rename(ScimUser before, ScimUser after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        _givenUp.UnionWith(before.LoginAddresses().Except(after.LoginAddresses(), StringComparer.Ordinal));
        _renamed.Add(before.Id);
    }

    /// <summary>The users' groups are others now.</summary>
    public void Move(IEnumerable<ScimUser> users) => _moved.UnionWith(users.SelectMany(user => user.LoginAddresses()));

    /// <summary>
    /// Keeps the directory true: the user of the address has this profile, the one of an earlier address no longer. A user who is known by this provider alone
    /// goes along to an address that is nobody's: they stay the same user, with the same id and their logins at MCP servers. One who also comes by another
    /// provider stays behind: it is not for this one to say who they are.
    /// </summary>
    public async Task NoteAsync(ScimUser? before, ScimUser? after, CancellationToken cancellation)
    {
        var known = await LockUsersAsync(new[] { before?.Email, after?.Email }.OfType<string>(), cancellation);
        if (before is { Email: { } former } && after is { Removed: false, Email: { } later } && !after.LoginAddresses().Contains(former, StringComparer.Ordinal) && !known.ContainsKey(later)
            && known.GetValueOrDefault(former) is { } person && person.IsOnlyOf(Provider.Id) && person.Provisioned?.All(other => other.ResourceId == before.Id) != false)
        {
            Unit.Store(person with { Email = later, Provisioned = [ProfileOf(after)] });
            _carried.Add(former);
            return;
        }

        if (before is { Email: { } old } && (after is null || after.Removed || after.Email != old))
        {
            ChangeUser(old, known.GetValueOrDefault(old), before.Id, null);
        }

        if (after is { Removed: false, Email: { } email })
        {
            ChangeUser(email, known.GetValueOrDefault(email), after.Id, ProfileOf(after));
        }
    }

    /// <summary>Saves everything.</summary>
    public async Task SaveAsync(ScimUpdate line, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(line);
        var outbox = _scope.ServiceProvider.GetRequiredService<IMartenOutbox>();
        outbox.Enroll(Unit);
        Unit.Store(line);
        var settings = Provider.ScimConfig!;
        string[] deprovisioned = settings.UserDeprovision ? [.. _ended] : [];
        string[] ended = [.. deprovisioned.Union(_givenUp, StringComparer.Ordinal)];
        string[] moved = settings.IdentityUpdateBehavior == IdentityUpdateBehavior.NoAction ? [] : [.. _moved.Except(ended, StringComparer.Ordinal)];
        var reauthenticate = settings.IdentityUpdateBehavior == IdentityUpdateBehavior.Reauth;
        EndSessions(reauthenticate ? [.. ended, .. moved] : ended);

        // Whoever is given an address that was left behind must not find the logins of the one before. Where another provider still vouches for that user, by what
        // it provisioned or by their logins, they stay.
        string[] left = [.. deprovisioned.Union(_givenUp.Except(_carried, StringComparer.Ordinal), StringComparer.Ordinal)];
        foreach (var user in left.Length == 0 ? [] : await Unit.QueryAsync<User>("where (data ->> 'email') = any(?)", cancellation, (object)left))
        {
            var isLeft = user.Provisioned?.All(profile => _renamed.Contains(profile.ResourceId)) != false && user.LoginProviders?.All(by => by == Provider.Id) != false;
            if (isLeft || deprovisioned.Contains(user.Email))
            {
                await outbox.PublishAsync(new ForgetUpstreamLogins(user.Id, "user_deprovisioned", $"identity-provider:{Provider.Id}"));
            }
        }

        foreach (var (emails, again) in ended.Chunk(MessageSize).Select(part => (part, true)).Concat(moved.Chunk(MessageSize).Select(part => (part, reauthenticate))))
        {
            await outbox.PublishAsync(new ProvisioningChanged(Provider.Id, emails, again, Now));
        }

        await Unit.SaveChangesAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await Unit.DisposeAsync();
        await _scope.DisposeAsync();
    }

    private ProvisionedProfile ProfileOf(ScimUser user) => new(Provider.Id, user.Id, user.State.DisplayName, user.Active);

    private void EndSessions(string[] emails)
    {
        if (emails.Length > 0)
        {
            Unit.DeleteWhere<TeamSession>("where (data ->> 'providerId') = ? and (data ->> 'email') = any(?)", Provider.Id.ToString(), emails);
        }
    }

    // A login may change the same user at this moment. In the order of the addresses, so that two changes never wait for each other.
    private async Task<Dictionary<string, User>> LockUsersAsync(IEnumerable<string> emails, CancellationToken cancellation)
    {
        await Unit.BeginTransactionAsync(cancellation);
        var users = await Unit.QueryAsync<User>("where data ->> 'email' = any(?) order by data ->> 'email' for update", cancellation, (object)emails.ToArray());
        return users.ToDictionary(user => user.Email, StringComparer.Ordinal);
    }

    private void ChangeUser(string email, User? known, Guid resource, ProvisionedProfile? profile)
    {
        var others = known?.Provisioned?.Where(other => other.ResourceId != resource).ToList() ?? [];
        if (profile is not null)
        {
            others.Add(profile);
        }

        if (known is null)
        {
            if (profile is not null)
            {
                Unit.Insert(new User { Id = Guid.NewGuid(), Email = email, CreatedAt = Now, Provisioned = others });
            }
        }
        else if (others.Count == 0 && known.LastLoginAt is null)
        {
            Unit.Delete<User>(known.Id);
        }
        else
        {
            Unit.Store(known with { Provisioned = others.Count == 0 ? null : others });
        }
    }
}
