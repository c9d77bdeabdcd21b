using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Objects;

/// <summary>What differs between the kinds of configuration objects: names, events, and how one is shown.</summary>
/// <typeparam name="TState">The contract record.</typeparam>
/// <typeparam name="TObject">Its folded stream.</typeparam>
public abstract class ObjectKind<TState, TObject>
    where TState : class
    where TObject : ConfigurationObject<TState>
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
}
