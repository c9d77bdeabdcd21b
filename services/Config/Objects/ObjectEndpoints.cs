using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Contracts.Configuration;
using Marten;
using Marten.Exceptions;

namespace ManagedOAuth.Config.Objects;

/// <summary>List, read, create, replace and remove, the same for every kind of configuration object.</summary>
public sealed class ObjectEndpoints<TState, TObject>(ObjectKind<TState, TObject> kind, ConfigurationLog log, ConfigurationWriter writer, IDocumentStore store, TimeProvider clock)
    where TState : class
    where TObject : ConfigurationObject<TState>, new()
{
    /// <summary>One page, optionally narrowed by <c>name</c> (exact) or <c>search</c> (part of the name).</summary>
    public IResult List(HttpRequest request, Func<TState, string> nameOf)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Paging.From(request.Query) is not { } paging)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("page is from 1, per_page from 1 to 1000"));
        }

        var snapshot = log.Current.Snapshot;
        var (name, search) = (request.Query["name"].ToString(), request.Query["search"].ToString());
        var found = kind.All(snapshot)
            .Where(state => name.Length == 0 || nameOf(state) == name)
            .Where(state => search.Length == 0 || nameOf(state).Contains(search, StringComparison.OrdinalIgnoreCase))
            .ToList();
        return ApiEnvelope.Page(paging.Of(found).Select(state => kind.Show(state, snapshot)), paging, found.Count);
    }

    /// <summary>One object, as the database has it now (another replica may have written it a moment ago).</summary>
    public async Task<IResult> Get(Guid id, CancellationToken ct)
    {
        await using var session = store.QuerySession();
        return await session.LoadAsync<TObject>(id, ct) is { Removed: false, State: { } state }
            ? ApiEnvelope.Ok(kind.Show(state, log.Current.Snapshot))
            : NotFound();
    }

    /// <summary>Creates an object from the body.</summary>
    /// <param name="read">Reads the record; what is wrong stands in the reader's errors.</param>
    /// <param name="also">What is saved with it.</param>
    /// <param name="show">Adds to the answer what is shown once.</param>
    public async Task<IResult> Create(
        HttpRequest request, Func<BodyReader, Guid, ConfigurationSnapshot, TState> read, CancellationToken ct,
        Action<IDocumentSession, TState>? also = null, Action<JsonObject>? show = null)
    {
        ArgumentNullException.ThrowIfNull(read);
        var (body, refusal) = await JsonBody.ReadAsync(request, ct);
        if (refusal is not null)
        {
            return refusal;
        }

        await using var change = await writer.BeginAsync(ct);
        var reader = new BodyReader(body, []);
        var id = Guid.NewGuid();
        var state = read(reader, id, change.Snapshot);
        if (reader.Errors.Count > 0)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, reader.Errors);
        }

        var now = clock.GetUtcNow();
        state = kind.Stamp(state, 1, now, now);
        change.Session.Events.StartStream<TObject>(kind.IdOf(state), kind.Created(state));
        also?.Invoke(change.Session, state);
        return await Save(change, state, 1, StatusCodes.Status201Created, show, ct);
    }

    /// <summary>Replaces an object by the body.</summary>
    /// <param name="id">The object.</param>
    /// <param name="request">The request, whose body is read.</param>
    /// <param name="read">Reads the record; what is wrong stands in the reader's errors.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="also">What is saved with it.</param>
    /// <param name="changed">The event; the kind's usual one when null.</param>
    /// <param name="show">Adds to the answer what is shown once.</param>
    /// <param name="bodyOptional">A request without a body is read as one with an empty object.</param>
    /// <param name="answer">Picks the answer out of the shown object, where it is not the whole.</param>
    public async Task<IResult> Replace(
        Guid id, HttpRequest request, Func<BodyReader, TState, ConfigurationSnapshot, TState> read, CancellationToken ct,
        Action<IDocumentSession, TState, TState>? also = null, Func<TState, object>? changed = null, Action<JsonObject>? show = null, bool bodyOptional = false,
        Func<JsonObject, JsonNode>? answer = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(read);
        var (body, refusal) = bodyOptional && request.ContentLength is null or 0 ? (default, null) : await JsonBody.ReadAsync(request, ct);
        if (refusal is not null)
        {
            return refusal;
        }

        await using var change = await writer.BeginAsync(ct);
        var stream = await change.Session.Events.FetchForWriting<TObject>(id, ct);
        if (stream.Aggregate is not { Removed: false, State: { } existing })
        {
            return NotFound();
        }

        var reader = new BodyReader(body, []);
        var state = read(reader, existing, change.Snapshot);
        if (reader.Errors.Count > 0)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, reader.Errors);
        }

        var version = stream.Aggregate.Version + 1;
        state = kind.Stamp(state, version, kind.CreatedAt(existing), clock.GetUtcNow());
        stream.AppendOne((changed ?? kind.Changed)(state));
        also?.Invoke(change.Session, existing, state);
        return await Save(change, state, version, StatusCodes.Status200OK, show, ct, answer);
    }

    /// <summary>Removes an object that nothing needs any more; its history stays.</summary>
    public async Task<IResult> Remove(Guid id, CancellationToken ct, Action<IDocumentSession, TState>? also = null, int status = StatusCodes.Status200OK)
    {
        await using var change = await writer.BeginAsync(ct);
        var stream = await change.Session.Events.FetchForWriting<TObject>(id, ct);
        if (stream.Aggregate is not { Removed: false, State: { } state })
        {
            return NotFound();
        }

        if (kind.InUse(id, change.Snapshot) is { } reason)
        {
            return ApiEnvelope.Error(StatusCodes.Status409Conflict, ApiErrors.InUse(reason));
        }

        var version = stream.Aggregate.Version + 1;
        stream.AppendOne(kind.Removed(id));
        also?.Invoke(change.Session, state);
        await writer.AnnounceAsync(kind.Name, id, version);
        return await Guarded(async () =>
        {
            await writer.SaveAsync(change, id, ct);
            return ApiEnvelope.Ok(new JsonObject { ["id"] = id }, status);
        });
    }

    private async Task<IResult> Save(ConfigurationChange change, TState state, long version, int status, Action<JsonObject>? show, CancellationToken ct, Func<JsonObject, JsonNode>? answer = null)
    {
        var id = kind.IdOf(state);
        await writer.AnnounceAsync(kind.Name, id, version);
        return await Guarded(async () =>
        {
            var saved = await writer.SaveAsync(change, id, ct);
            var node = kind.Show(state, saved.Snapshot).AsObject();
            show?.Invoke(node);
            return ApiEnvelope.Ok(answer is null ? node : answer(node), status);
        });
    }

    private static async Task<IResult> Guarded(Func<Task<IResult>> save)
    {
        try
        {
            return await save();
        }
        catch (EventStreamUnexpectedMaxEventIdException)
        {
            return ApiEnvelope.Error(StatusCodes.Status409Conflict, ApiErrors.InUse("somebody else changed this object at the same moment; read it again and repeat your change"));
        }
        catch (ExistingStreamIdCollisionException)
        {
            return ApiEnvelope.Error(StatusCodes.Status409Conflict, ApiErrors.InUse("it exists already; change it with PUT"));
        }
        catch (DocumentAlreadyExistsException)
        {
            return ApiEnvelope.Error(StatusCodes.Status409Conflict, ApiErrors.InUse("application_already_exists: another application has one of these addresses"));
        }
    }

    private IResult NotFound() => ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound(kind.Name));
}
