using ManagedOAuth.AuthorizationServer.IdentityProviders;
using ManagedOAuth.AuthorizationServer.Scim.Store;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.ServiceDefaults.Snapshots;

namespace ManagedOAuth.AuthorizationServer.Scim;

/// <summary>What an identity provider has told by provisioning about somebody who logs in, or has logged in, by it.</summary>
/// <param name="Refusal">Why they may not come in; null = they may.</param>
/// <param name="Groups">Their groups; null = those of the login.</param>
public sealed record ProvisionedIdentity(string? Refusal, IReadOnlyList<string>? Groups)
{
    /// <summary>It says nothing.</summary>
    public static readonly ProvisionedIdentity Nothing = new(null, null);

    /// <summary>Claims with the provisioned groups in the place of those of the login.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> In(IReadOnlyDictionary<string, IReadOnlyList<string>> claims)
        => Groups is null ? claims : new Dictionary<string, IReadOnlyList<string>>(claims, StringComparer.Ordinal) { [IdentityClaims.Groups] = Groups };
}

/// <summary>
/// Answers for logins and grants what is provisioned. Somebody whom the provider has not provisioned is as the login says. Once it has provisioned a group,
/// the groups of its provisioned users come from there alone: a group that was taken away must not come back by an older claim.
/// </summary>
public sealed class Provisioning(ScimDirectory directory, IConfigurationSnapshots snapshots)
{
    private const string Deprovisioned = "the identity provider has deactivated or removed the user";

    /// <summary>What is said about one address.</summary>
    public async Task<ProvisionedIdentity> FindAsync(Guid providerId, string email, CancellationToken cancellation)
        => (await FindAsync(providerId, [email], cancellation)).GetValueOrDefault(email, ProvisionedIdentity.Nothing);

    /// <summary>What is said about several; those that nothing is said about are left out.</summary>
    public async Task<IReadOnlyDictionary<string, ProvisionedIdentity>> FindAsync(Guid providerId, IReadOnlyList<string> emails, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(emails);
        var found = new Dictionary<string, ProvisionedIdentity>(StringComparer.Ordinal);
        if (snapshots.Current.IdentityProviders.GetValueOrDefault(providerId)?.ScimConfig is not { Enabled: true } settings)
        {
            return found;
        }

        await using var session = directory.Read();
        var asked = emails.ToArray();
        var users = await session.QueryAsync<ScimUser>(
            "where (data ->> 'providerId') = ? and ((data ->> 'email') = any(?) or (data ->> 'userNameKey') = any(?))", cancellation, providerId.ToString(), asked, asked);
        var groups = settings.IdentityUpdateBehavior == IdentityUpdateBehavior.Automatic && await HasGroupsAsync(session, providerId, cancellation)
            ? await directory.GroupsOfAsync(session, [.. users.Where(user => !user.Removed).Select(user => user.Id)], cancellation)
            : null;
        foreach (var email in asked)
        {
            var own = users.Where(user => user.LoginAddresses().Contains(email, StringComparer.Ordinal)).ToList();
            if (own.Count > 0)
            {
                found[email] = Of(own, settings, groups);
            }
        }

        return found;
    }

    /// <summary>The session with the groups of now; null when the provider no longer lets its user in.</summary>
    public async Task<TeamSession?> ApplyAsync(TeamSession session, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(session);
        var said = await FindAsync(session.ProviderId, session.Email, cancellation);
        return said.Refusal is not null ? null : said.Groups is null ? session : session with { Claims = said.In(session.Claims) };
    }

    // Of a user that was removed and made again, only the new one counts. Of several with one address, all have to be active.
    private static ProvisionedIdentity Of(List<ScimUser> own, ScimConfig settings, ILookup<Guid, ScimGroup>? groups)
    {
        var live = own.Where(user => !user.Removed).ToList();
        if (settings.UserDeprovision && (live.Count == 0 || live.Exists(user => !user.Active)))
        {
            return new ProvisionedIdentity(Deprovisioned, null);
        }

        if (live.Count == 0 || groups is null)
        {
            return ProvisionedIdentity.Nothing;
        }

        // A list that was cut could lose the very group that a policy excludes.
        string[] names = [.. live.SelectMany(user => groups[user.Id]).SelectMany(NamesOf).Distinct(StringComparer.Ordinal)];
        return ClaimValues.AreTooLarge(new Dictionary<string, IReadOnlyList<string>> { [IdentityClaims.Groups] = names })
            ? new ProvisionedIdentity("the user is in more groups than can be carried along", null)
            : new ProvisionedIdentity(null, names);
    }

    // Rules name a group as its provider does: by its name, or by its id there.
    private static IEnumerable<string> NamesOf(ScimGroup group) => new[] { group.DisplayName, group.ExternalId }.OfType<string>();

    private static async Task<bool> HasGroupsAsync(Marten.IQuerySession session, Guid providerId, CancellationToken cancellation)
        => (await session.QueryAsync<ScimGroup>("where (data ->> 'providerId') = ? limit 1", cancellation, providerId.ToString())).Count > 0;
}
