using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;
using Marten.Events;

namespace ManagedOAuth.Config.Objects;

/// <summary>What differs between the kinds of configuration objects: names, events, and how one is shown.</summary>
/// <typeparam name="TState">The contract record.</typeparam>
/// <typeparam name="TObject">Its folded stream.</typeparam>
public abstract class ObjectKind<TState, TObject> : IObjectKind
    where TState : class
    where TObject : ConfigurationObject<TState>, new()
{
    /// <summary>Singular, as in the feed and in error texts.</summary>
    public abstract string Name { get; }

    /// <summary>The collection in the admin API's path.</summary>
    public abstract string Path { get; }

    public abstract object Created(TState state);

    public abstract object Changed(TState state);

    public abstract object Removed(Guid id);

    public abstract Guid IdOf(TState state);

    /// <summary>The record with what the server alone sets.</summary>
    public abstract TState Stamp(TState state, long version, DateTimeOffset createdAt, DateTimeOffset updatedAt);

    public abstract DateTimeOffset CreatedAt(TState state);

    /// <summary>As the admin API shows it.</summary>
    public abstract JsonNode Show(TState state, ConfigurationSnapshot snapshot);

    /// <summary>
    /// What <c>If-Match</c> compares: changes whenever the object, or what is replaced together with it, changes. Usually the version.
    /// </summary>
    /// <param name="state">The object.</param>
    /// <param name="version">Version of its stream.</param>
    /// <param name="snapshot">The configuration that it is in.</param>
    public virtual string Revision(TState state, long version, ConfigurationSnapshot snapshot) => version.ToString(CultureInfo.InvariantCulture);

    /// <summary>What a PATCH is applied to: the object as it is shown, without members that only repeat others.</summary>
    public virtual JsonNode PatchBase(TState state, ConfigurationSnapshot snapshot) => Show(state, snapshot);

    /// <summary>All of this kind, in a stable order.</summary>
    public abstract IEnumerable<TState> All(ConfigurationSnapshot snapshot);

    /// <summary>Why the object cannot be removed now; null when it can.</summary>
    public virtual string? InUse(Guid id, ConfigurationSnapshot snapshot) => null;

    public virtual bool IsUnderAccess => true;

    public virtual bool IsRestorable => true;

    /// <summary>A kind that says nothing needs everything.</summary>
    public virtual RequiredPermission Permissions { get; } = new(ApiPermission.Read, ApiPermission.Write);

    public Type StateType => typeof(TState);

    public Type ObjectType => typeof(TObject);

    public virtual JsonNode ShowAlone(object state) => Show((TState)state, ConfigurationSnapshot.Empty);

    public Task<IResult> RestoreAsync(HttpContext context, Guid id, long version, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.RequestServices.GetRequiredService<ObjectRestore<TState, TObject>>().RunAsync(id, version, ct);
    }

    /// <summary>
    /// The state to bring back, checked as a write would be; what is wrong goes to the reader's errors. What is saved with it goes to the change.
    /// Secrets stay those of today: an old version never brings an old secret back.
    /// </summary>
    /// <param name="body">The old version as it was shown.</param>
    /// <param name="old">The old version.</param>
    /// <param name="last">The newest version, also when it was removed since.</param>
    /// <param name="removed">Whether it was removed since.</param>
    /// <param name="at">The event that made the old version.</param>
    /// <param name="change">The change under way.</param>
    /// <param name="ct">Cancels.</param>
    public virtual Task<TState> RestoreAsync(BodyReader body, TState old, TState last, bool removed, IEvent at, ConfigurationChange change, CancellationToken ct)
        => Task.FromResult(old);
}
