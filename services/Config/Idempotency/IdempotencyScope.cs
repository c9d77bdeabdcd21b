using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using Marten;
using Marten.Exceptions;

namespace ManagedOAuth.Config.Idempotency;

/// <summary>The <c>Idempotency-Key</c> of a request under way. The answer is saved in the transaction of the change: both are there, or neither.</summary>
/// <param name="id">SHA-256 of caller and key.</param>
/// <param name="request">SHA-256 of what was asked.</param>
public sealed class IdempotencyScope(string id, string request, TimeProvider clock)
{
    private const string ItemKey = "managedoauth.idempotency";

    private readonly string _reservation = Guid.NewGuid().ToString("N");

    /// <summary>Whether the answer is in a transaction already.</summary>
    public bool Saved { get; private set; }

    /// <summary>The scope of a request; null when it has no key.</summary>
    public static IdempotencyScope? Of(HttpContext? context) => context?.Items[ItemKey] as IdempotencyScope;

    public void Enter(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Items[ItemKey] = this;
    }

    /// <summary>Ends the change if another replica has answered this key in the meantime; to be called under the writers' lock.</summary>
    /// <exception cref="AnsweredBeforeException">It has.</exception>
    public async Task ThrowIfAnsweredAsync(IQuerySession session, CancellationToken ct)
    {
        if (await FindAsync(session, ct) is { } answer)
        {
            throw new AnsweredBeforeException(answer);
        }
    }

    /// <summary>The first answer to this key, if there is one.</summary>
    public async Task<IdempotentAnswer?> FindAsync(IQuerySession session, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(session);
        return await session.LoadAsync<IdempotentAnswer>(id, ct) is { Status: not IdempotentAnswer.UnderWay } answer && answer.At > clock.GetUtcNow() - IdempotentAnswer.Lifetime ? answer : null;
    }

    /// <summary>
    /// Reserves the key for this request, over all replicas: what another service is asked to do is asked by one request alone. False where another
    /// request has it. A reservation whose process is gone ends by itself.
    /// </summary>
    public async Task<bool> ReserveAsync(IDocumentStore store, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(store);
        var now = clock.GetUtcNow();
        await using var session = store.LightweightSession();
        session.DeleteWhere<IdempotentAnswer>(
            "where d.id = ? and (((d.data ->> 'status')::int = ? and (d.data ->> 'at')::timestamptz < ?) or (d.data ->> 'at')::timestamptz < ?)",
            id, IdempotentAnswer.UnderWay, now - IdempotentAnswer.Reserved, now - IdempotentAnswer.Lifetime);
        session.Insert(new IdempotentAnswer(id, request, IdempotentAnswer.UnderWay, "", null, now) { Reservation = _reservation });
        try
        {
            await session.SaveChangesAsync(ct);
            return true;
        }
        catch (DocumentAlreadyExistsException)
        {
            return false;
        }
    }

    /// <summary>Gives the key back after a request that did nothing; an answer that was saved stays, and so does the reservation of another request.</summary>
    public async Task ReleaseAsync(IDocumentStore store, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(store);
        await using var session = store.LightweightSession();
        session.DeleteWhere<IdempotentAnswer>("where d.id = ? and (d.data ->> 'status')::int = ? and d.data ->> 'reservation' = ?", id, IdempotentAnswer.UnderWay, _reservation);
        await session.SaveChangesAsync(ct);
    }

    /// <summary>Queues the answer for the save.</summary>
    /// <param name="session">The unit of work.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="withoutSecrets">The result to keep where the answer shows a secret; null keeps the answer's own.</param>
    public void Save(IDocumentSession session, EnvelopeResult answer, JsonNode? withoutSecrets)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(answer);
        var body = answer.ToJson();
        if (withoutSecrets is not null)
        {
            body["result"] = withoutSecrets.DeepClone();
            body["messages"]!.AsArray().Add((JsonNode)new JsonObject
            {
                ["code"] = 12141,
                ["message"] = "the secret was in the first answer and is kept nowhere; if that answer was lost, rotate or roll it",
            });
        }

        session.Store(new IdempotentAnswer(id, request, answer.Status, body.ToJsonString(), answer.EntityTag, clock.GetUtcNow()));
        Saved = true;
    }

    /// <summary>The first answer again, or the refusal of another request with the same key.</summary>
    public IResult Repeat(IdempotentAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return answer.Request == request
            ? new RepeatedAnswer(answer)
            : ApiEnvelope.Error(StatusCodes.Status422UnprocessableEntity, ApiErrors.InvalidRequest("this Idempotency-Key was used for another request; use a new one"));
    }

    private sealed class RepeatedAnswer(IdempotentAnswer answer) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.StatusCode = answer.Status;
            response.ContentType = "application/json; charset=utf-8";
            response.Headers.CacheControl = "no-store";
            response.Headers["Idempotency-Replayed"] = "true";
            if (answer.EntityTag is not null)
            {
                response.Headers.ETag = answer.EntityTag;
            }

            await response.WriteAsync(answer.Body, httpContext.RequestAborted);
        }
    }
}

/// <summary>The key was answered while this request waited for its turn.</summary>
public sealed class AnsweredBeforeException(IdempotentAnswer answer) : Exception("The Idempotency-Key was answered before.")
{
    public IdempotentAnswer Answer => answer;
}
