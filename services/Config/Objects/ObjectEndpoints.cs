using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Contracts.Configuration;
using Marten;

namespace ManagedOAuth.Config.Objects;

/// <summary>
/// List, read, create, replace (PUT), change (PATCH) and remove, the same for every kind of configuration object: with entity tags, dry run, and
/// everything decided under the writers' lock.
/// </summary>
public sealed class ObjectEndpoints<TState, TObject>(
    ObjectKind<TState, TObject> kind, ConfigurationLog log, ConfigurationWriter writer, ChangeAnswers answers, IDocumentStore store, TimeProvider clock, IHttpContextAccessor http)
    where TState : ConfigurationRecord
    where TObject : ConfigurationObject<TState>, new()
{
    /// <summary>One page, optionally narrowed by what the kind knows: <c>name</c> and <c>search</c> at least.</summary>
    public IResult List(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Paging.From(request.Query) is not { } paging)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("page is from 1, per_page from 1 to 1000"));
        }

        var snapshot = log.Current.Snapshot;
        var found = kind.All(snapshot).Where(kind.Narrowing(request.Query)).ToList();
        return ApiEnvelope.Page(paging.Of(found).Select(state => kind.ShowListed(state, snapshot)), paging, found.Count);
    }

    /// <summary>One object, as the database has it now (another replica may have written it a moment ago).</summary>
    public async Task<IResult> Get(Guid id, CancellationToken ct)
    {
        await using var session = store.QuerySession();
        if (await session.LoadAsync<TObject>(id, ct) is not { Removed: false, State: { } state, Version: var version })
        {
            return NotFound();
        }

        var snapshot = log.Current.Snapshot;
        var shown = kind.Show(state, snapshot);
        var tag = EntityTag.Of(kind.Revision(state, version, snapshot), shown);
        return EntityTag.IsKnown(http.HttpContext!.Request, tag)
            ? new EnvelopeResult(StatusCodes.Status304NotModified, [], null) { EntityTag = tag }
            : new EnvelopeResult(StatusCodes.Status200OK, [], shown) { EntityTag = tag };
    }

    /// <summary>Creates an object from the body.</summary>
    /// <param name="request">The request, whose body is read.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="read">Reads the record; what is wrong stands in the reader's errors. The kind's usual reader when null.</param>
    /// <param name="show">Adds to the answer what is shown once.</param>
    public async Task<IResult> Create(
        HttpRequest request, CancellationToken ct, Func<BodyReader, Guid, ConfigurationDraft, TState>? read = null, Action<JsonObject>? show = null)
    {
        var (body, refusal) = await JsonBody.ReadAsync(request, ct);
        if (refusal is not null)
        {
            return refusal;
        }

        await using var change = await writer.BeginAsync(ct);
        var reader = new BodyReader(body, []);
        var id = Guid.NewGuid();
        var state = read is null ? kind.Read(reader, id, null, change.Draft) : read(reader, id, change.Draft);
        if (reader.Errors.Count > 0)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, reader.Errors);
        }

        var now = clock.GetUtcNow();
        state = kind.Stamp(state, 1, now, now);
        change.Draft.Append<TObject>(state.Id, 1, kind.Created(state));
        kind.Accompany(null, state, change.Draft);
        return await answers.CompleteAsync(change, Outcome(change, null, state, 1, StatusCodes.Status201Created, show), ct);
    }

    /// <summary>Replaces an object by the body (PUT), or changes it by a merge patch (PATCH).</summary>
    /// <param name="id">The object.</param>
    /// <param name="request">The request, whose body is read.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="read">Reads the record; what is wrong stands in the reader's errors. The kind's usual reader when null.</param>
    /// <param name="changed">The event; the kind's usual one when null.</param>
    /// <param name="show">Adds to the answer what is shown once.</param>
    /// <param name="bodyOptional">A request without a body is read as one with an empty object.</param>
    /// <param name="answer">Picks the answer out of the shown object, where it is not the whole.</param>
    /// <param name="refuse">What the request is answered where the object, as it is now, is not the one that it is about; null = it is.</param>
    /// <param name="isShown">Whether <paramref name="show"/> has something to add, asked when the record has been read; always when null.</param>
    public async Task<IResult> Replace(
        Guid id, HttpRequest request, CancellationToken ct, Func<BodyReader, TState, ConfigurationDraft, TState>? read = null,
        Func<TState, object>? changed = null, Action<JsonObject>? show = null, bool bodyOptional = false, Func<JsonObject, JsonNode>? answer = null,
        Func<TState, ConfigurationSnapshot, IResult?>? refuse = null, Func<bool>? isShown = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        var (body, refusal) = bodyOptional && request.ContentLength is null or 0 ? (default, null) : await JsonBody.ReadAsync(request, ct);
        if (refusal is not null)
        {
            return refusal;
        }

        await using var change = await writer.BeginAsync(ct);
        if (await change.Session.LoadAsync<TObject>(id, ct) is not { Removed: false, State: { } existing, Version: var known })
        {
            return NotFound();
        }

        if (refuse?.Invoke(existing, change.Snapshot) is { } unfit)
        {
            return unfit;
        }

        if (!EntityTag.Matches(request, kind.Revision(existing, known, change.Snapshot)))
        {
            return ChangedMeanwhile(existing, known, change.Snapshot);
        }

        var reader = new BodyReader(HttpMethods.IsPatch(request.Method) ? JsonMergePatch.ToReplacement(kind.PatchBase(existing, change.Snapshot), body) : body, []);
        var state = read is null ? kind.Read(reader, id, existing, change.Draft) : read(reader, existing, change.Draft);
        if (reader.Errors.Count > 0)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, reader.Errors);
        }

        // An object that is sent back as it is makes no version that says nothing.
        show = isShown?.Invoke() == false ? null : show;
        if (change.Draft.IsEmpty && kind.IsSame(kind.Stamp(state, known, existing.CreatedAt, existing.UpdatedAt), existing))
        {
            return await answers.CompleteAsync(change, Outcome(change, existing, existing, known, StatusCodes.Status200OK, show) with { Answer = answer }, ct);
        }

        state = kind.Stamp(state, known + 1, existing.CreatedAt, clock.GetUtcNow());
        change.Draft.Append<TObject>(id, known + 1, (changed ?? kind.Changed)(state));
        kind.Accompany(existing, state, change.Draft);
        return await answers.CompleteAsync(change, Outcome(change, existing, state, known + 1, StatusCodes.Status200OK, show) with { Answer = answer }, ct);
    }

    /// <summary>Removes an object that nothing needs any more; its history stays.</summary>
    public async Task<IResult> Remove(Guid id, CancellationToken ct, int status = StatusCodes.Status202Accepted)
    {
        await using var change = await writer.BeginAsync(ct);
        if (await change.Session.LoadAsync<TObject>(id, ct) is not { Removed: false, State: { } state, Version: var known })
        {
            return NotFound();
        }

        if (!EntityTag.Matches(http.HttpContext!.Request, kind.Revision(state, known, change.Snapshot)))
        {
            return ChangedMeanwhile(state, known, change.Snapshot);
        }

        if (kind.InUse(id, change.Snapshot) is { } reason)
        {
            return ApiEnvelope.Error(StatusCodes.Status409Conflict, ApiErrors.InUse(reason));
        }

        change.Draft.Append<TObject>(id, known + 1, kind.Removed(id));
        kind.Accompany(state, null, change.Draft);
        var outcome = new ChangeOutcome(kind.Name, id, known + 1, status, kind.RemovalAnswer(state, change.Snapshot), kind.Show(state, change.Snapshot), null);
        return await answers.CompleteAsync(change, outcome, ct);
    }

    private ChangeOutcome Outcome(ConfigurationChange change, TState? before, TState after, long version, int status, Action<JsonObject>? show)
    {
        var snapshot = change.Draft.Snapshot;
        var shown = kind.Show(after, snapshot);
        return new ChangeOutcome(kind.Name, after.Id, version, status, shown, before is null ? null : kind.Show(before, change.Snapshot), shown)
        {
            Secrets = show,
            EntityTag = EntityTag.Of(kind.Revision(after, version, snapshot), shown),
        };
    }

    private EnvelopeResult ChangedMeanwhile(TState state, long version, ConfigurationSnapshot snapshot)
        => new(StatusCodes.Status412PreconditionFailed, [ApiErrors.ChangedMeanwhile(version)], null) { EntityTag = EntityTag.Of(kind.Revision(state, version, snapshot), kind.Show(state, snapshot)) };

    private IResult NotFound() => ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound(kind.Name));
}
