using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;
using Marten.Events;

namespace ManagedOAuth.Config.Objects;

/// <summary>
/// What differs between the kinds of configuration objects: names, events, how one is read and how it is shown. What a kind says nothing about is
/// as it is for most.
/// </summary>
/// <typeparam name="TState">The contract record.</typeparam>
/// <typeparam name="TObject">Its folded stream.</typeparam>
public abstract class ObjectKind<TState, TObject> : IObjectKind
    where TState : ConfigurationRecord
    where TObject : ConfigurationObject<TState>, new()
{
    private static readonly string[] s_setHere = ["version", "created_at", "updated_at"];

    // Sorting all of them is what a page of a list would mostly cost.
    private readonly LastResult<IReadOnlyDictionary<Guid, TState>, IReadOnlyList<TState>> _all;

    protected ObjectKind()
        => _all = new(living => [.. living.Values.Where(IsListed).OrderBy(state => state.CreatedAt).ThenBy(state => state.Id)]);

    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public abstract string Path { get; }

    /// <summary>The event of a new object.</summary>
    public abstract object Created(TState state);

    /// <summary>The event of an object that is another now.</summary>
    public abstract object Changed(TState state);

    /// <summary>The event of an object that is gone.</summary>
    public abstract object Removed(Guid id);

    /// <summary>The living objects in the configuration.</summary>
    public abstract IReadOnlyDictionary<Guid, TState> In(ConfigurationSnapshot snapshot);

    /// <summary>Reads and validates an object; what is wrong goes to the reader's errors.</summary>
    /// <param name="body">The whole object: what it leaves out gets its default, or stays, as the admin API says for this kind.</param>
    /// <param name="id">The object.</param>
    /// <param name="existing">The object before; null = it is new.</param>
    /// <param name="draft">The configuration that it is going to be part of; takes what belongs to the object and is saved with it.</param>
    public abstract TState Read(BodyReader body, Guid id, TState? existing, ConfigurationDraft draft);

    /// <summary>The record's own JSON.</summary>
    protected abstract JsonTypeInfo<TState> Json { get; }

    /// <summary>The record with what the server alone sets.</summary>
    public TState Stamp(TState state, long version, DateTimeOffset createdAt, DateTimeOffset updatedAt)
        => state with { Version = version, CreatedAt = createdAt, UpdatedAt = updatedAt };

    /// <summary>Drafts what is saved with every change of an object: documents, events of other objects that come, change or go with it.</summary>
    /// <param name="before">Null = it was not there.</param>
    /// <param name="after">Null = it is gone.</param>
    /// <param name="draft">Where it is drafted.</param>
    public virtual void Accompany(TState? before, TState? after, ConfigurationDraft draft)
    {
    }

    /// <summary>As the admin API shows it.</summary>
    public virtual JsonNode Show(TState state, ConfigurationSnapshot snapshot) => ApiEnvelope.ToNode(state, Json);

    /// <summary>As a list shows it: without what makes an object of this kind too long to be one of a thousand.</summary>
    public virtual JsonNode ShowListed(TState state, ConfigurationSnapshot snapshot) => Show(state, snapshot);

    /// <summary>
    /// What <c>If-Match</c> compares: changes whenever the object, or what is replaced together with it, changes. Usually the version.
    /// </summary>
    /// <param name="state">The object.</param>
    /// <param name="version">Version of its stream.</param>
    /// <param name="snapshot">The configuration that it is in.</param>
    public virtual string Revision(TState state, long version, ConfigurationSnapshot snapshot) => version.ToString(CultureInfo.InvariantCulture);

    /// <summary>What a PATCH is applied to: the object as it is shown, without members that only repeat others.</summary>
    public virtual JsonNode PatchBase(TState state, ConfigurationSnapshot snapshot) => Show(state, snapshot);

    /// <inheritdoc cref="IObjectKind.All"/>
    public IReadOnlyList<TState> All(ConfigurationSnapshot snapshot) => _all.Of(In(snapshot));

    IEnumerable<ConfigurationRecord> IObjectKind.All(ConfigurationSnapshot snapshot) => All(snapshot);

    /// <inheritdoc cref="IObjectKind.IsListed"/>
    public virtual bool IsListed(TState state) => true;

    bool IObjectKind.IsListed(ConfigurationRecord state) => IsListed((TState)state);

    /// <summary>Why the object cannot be removed now; null when it can.</summary>
    public virtual string? InUse(Guid id, ConfigurationSnapshot snapshot) => null;

    /// <summary>What the removal answers.</summary>
    public virtual JsonNode RemovalAnswer(TState state, ConfigurationSnapshot snapshot) => new JsonObject { ["id"] = state.Id };

    /// <summary>The query parameters that narrow a list, and what each does.</summary>
    public virtual IEnumerable<(string Name, string Description)> Narrows => [("name", "Only what has this name."), ("search", "Only what has this text in its name.")];

    /// <summary>Which objects a list shows that is asked for with a query: by default those with this <c>name</c>, and those that a <c>search</c> finds.</summary>
    public virtual Func<TState, bool> Narrowing(IQueryCollection query)
    {
        ArgumentNullException.ThrowIfNull(query);
        var (name, search) = (query["name"].ToString(), query["search"].ToString());
        return state => (name.Length == 0 || state.Name == name) && (search.Length == 0 || IsFound(state, search));
    }

    /// <summary>Whether a search for a text finds the object: by default in its name.</summary>
    public virtual bool IsFound(TState state, string text) => state.Name.Contains(text, StringComparison.OrdinalIgnoreCase);

    public virtual bool IsUnderAccess => true;

    public virtual bool IsRestorable => true;

    public virtual bool IsTransferable => true;

    public virtual bool IsRemovable => true;

    public virtual Guid? OnlyId => null;

    public virtual string? LeftToDo(JsonElement body, ConfigurationRecord? existing) => null;

    /// <inheritdoc cref="IObjectKind.Shape"/>
    public virtual OpenApi.ObjectShape Shape => OpenApi.ObjectShape.Plain;

    /// <summary>A kind that says nothing needs everything.</summary>
    public virtual RequiredPermission Permissions { get; } = new(ApiPermission.Read, ApiPermission.Write);

    public Type StateType => typeof(TState);

    public Type ObjectType => typeof(TObject);

    public virtual JsonNode ShowAlone(object state) => Show((TState)state, ConfigurationSnapshot.Empty);

    JsonObject IObjectKind.Export(ConfigurationRecord state, ConfigurationSnapshot snapshot) => Export((TState)state, snapshot);

    /// <inheritdoc cref="IObjectKind.Export"/>
    public virtual JsonObject Export(TState state, ConfigurationSnapshot snapshot)
    {
        var node = ApiEnvelope.ToNode(state, Json).AsObject();
        foreach (var member in s_setHere)
        {
            node.Remove(member);
        }

        return node;
    }

    public void Put(BodyReader body, Guid id, ConfigurationDraft draft, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(draft);
        var errors = body.Errors.Count;
        var existing = In(draft.Snapshot).GetValueOrDefault(id);
        var state = Read(body, id, existing, draft);
        if (body.Errors.Count > errors || (existing is not null && IsSame(Stamp(state, existing.Version, existing.CreatedAt, existing.UpdatedAt), existing)))
        {
            return;
        }

        var version = draft.VersionOf(id) + 1;
        state = Stamp(state, version, existing?.CreatedAt ?? now, now);
        draft.Append<TObject>(id, version, version == 1 ? Created(state) : Changed(state));
        Accompany(existing, state, draft);
    }

    public string? Remove(Guid id, ConfigurationDraft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        if (In(draft.Snapshot).GetValueOrDefault(id) is not { } existing)
        {
            return null;
        }

        if (InUse(id, draft.Snapshot) is { } reason)
        {
            return reason;
        }

        draft.Append<TObject>(id, draft.VersionOf(id) + 1, Removed(id));
        Accompany(existing, null, draft);
        return null;
    }

    /// <summary>Whether two records say the same. Members of free-form JSON come back from the database in another order, which says nothing.</summary>
    public bool IsSame(TState one, TState other)
        => JsonSerializer.SerializeToUtf8Bytes(one, Json).AsSpan().SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(other, Json))
            || JsonNode.DeepEquals(JsonSerializer.SerializeToNode(one, Json), JsonSerializer.SerializeToNode(other, Json));

    public Task<IResult> RestoreAsync(HttpContext context, Guid id, long version, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.RequestServices.GetRequiredService<ObjectRestore<TState, TObject>>().RunAsync(id, version, ct);
    }

    /// <summary>
    /// The state to bring back, checked as a write would be; what is wrong goes to the reader's errors. What is saved with it goes to the change's draft.
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
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(change);
        Read(body, old.Id, removed ? null : last, change.Draft);
        return Task.FromResult(old);
    }
}
