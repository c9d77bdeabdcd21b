using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Applications;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Portals;

/// <summary>Makes, changes and removes the applications of portals and servers, in the change that they belong to.</summary>
public sealed class LinkedApplications(ApplicationKind kind, PolicyStreams policies, TimeProvider clock)
{
    public void Create(Application application, ConfigurationDraft draft)
    {
        ArgumentNullException.ThrowIfNull(application);
        ArgumentNullException.ThrowIfNull(draft);
        var now = clock.GetUtcNow();
        draft.Append<ApplicationObject>(application.Id, 1, kind.Created(kind.Stamp(application, 1, now, now)));
        kind.Accompany(null, application, draft);
    }

    public void Change(Application before, Application after, ConfigurationDraft draft)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        ArgumentNullException.ThrowIfNull(draft);
        var version = draft.VersionOf(before.Id) + 1;
        draft.Append<ApplicationObject>(before.Id, version, kind.Changed(kind.Stamp(after, version, before.CreatedAt, clock.GetUtcNow())));
        kind.Accompany(before, after, draft);
    }

    public void Remove(Application application, ConfigurationDraft draft)
    {
        ArgumentNullException.ThrowIfNull(application);
        ArgumentNullException.ThrowIfNull(draft);
        draft.Append<ApplicationObject>(application.Id, draft.VersionOf(application.Id) + 1, kind.Removed(application.Id));
        kind.Accompany(application, null, draft);
    }

    /// <summary>Brings one back that was removed, as it was last; what it needs and is no longer there is refused.</summary>
    /// <param name="body">Takes the refusals.</param>
    /// <param name="change">The change that it belongs to.</param>
    /// <param name="id">The application.</param>
    /// <param name="with">What is different now.</param>
    /// <param name="ct">Cancels.</param>
    public async Task BringBackAsync(BodyReader body, ConfigurationChange change, Guid id, Func<Application, Application> with, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(change);
        ArgumentNullException.ThrowIfNull(with);
        if (await change.Session.LoadAsync<ApplicationObject>(id, ct) is not { Removed: true, State: { } last, Version: var version })
        {
            return;
        }

        policies.Save(await policies.RestoreAsync(body, last, at: null, change, ct), change.Draft);
        var application = kind.Stamp(with(last), version + 1, last.CreatedAt, clock.GetUtcNow());
        change.Draft.Append<ApplicationObject>(id, version + 1, kind.Changed(application));
        kind.Accompany(null, application, change.Draft);
    }
}
