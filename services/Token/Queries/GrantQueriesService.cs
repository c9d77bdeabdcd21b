using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.Token.Grants;
using Marten;

namespace ManagedOAuth.Token.Queries;

/// <summary>What the admin API and the page of a user's own access ask about grants, and what they do to them.</summary>
[AllowedCallers("config")]
public sealed class GrantQueriesService(IDocumentStore store, GrantWriter grants, GrantSweep sweep, LiveGrantReader live, GrantSummaries summaries, TimeProvider clock) : GrantQueries.GrantQueriesBase
{
    private const int MaximumEvents = 1000;

    [AllowedCallers("config", "authorization-server")]
    public override Task<ListGrantsReply> List(ListGrantsRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var filter = GrantFilter.Of(request);
        return ListAsync(filter, request.At, context.CancellationToken);
    }

    public override Task<GrantJson> Get(GetGrantRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        return GetAsync(Identities.Id(request.GrantId, "grant_id"), context.CancellationToken, request.At?.ToDateTimeOffset());
    }

    public override Task<GrantEventsReply> Events(GrantEventsRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        return EventsAsync(request, context.CancellationToken);
    }

    [AllowedCallers("config", "authorization-server")]
    public override async Task<GrantJson> Revoke(RevokeGrantRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var id = Identities.Id(request.GrantId, "grant_id");
        var actor = Identities.Actor(request.Actor);
        var comment = Identities.Text(request.Reason, "reason", 1024, required: false);
        var now = clock.GetUtcNow();
        var reason = request.ByUser ? RevocationReason.User : RevocationReason.Administrator;
        await grants.ChangeAsync(id, new GrantCause(actor), grant => GrantEnding.Revoke(grant, reason, now, comment), context.CancellationToken);
        return await GetAsync(id, context.CancellationToken);
    }

    [AllowedCallers("config", "authorization-server")]
    public override Task<EndAllReply> EndAll(EndAllRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return sweep.EndAsync(request, context.CancellationToken);
    }

    public override Task<GrantSummary> Summary(GrantSummaryRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return summaries.CountAsync(request, context.CancellationToken);
    }

    public override Task Live(LiveGrantsRequest request, IServerStreamWriter<LiveGrant> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return live.WriteAsync(request, responseStream, context.CancellationToken);
    }

    public override async Task<IdentitiesReply> ListIdentities(IdentitiesRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        const string Email = "(data -> 'subject' ->> 'email')";
        await using var session = store.QuerySession();
        var newest = await session.QueryAsync<Grant>(
            $"where d.id in (select distinct on ({Email}) id from token.mt_doc_grant where {Email} > ? and (? = '' or {Email} = ?)"
                + $" order by {Email}, ((data ->> 'issuedOrder')::bigint) desc limit ?) order by {Email}",
            context.CancellationToken,
            request.AfterEmail,
            request.Email,
            request.Email,
            request.Limit == 0 ? 100 : Math.Clamp(request.Limit, 1, 1000));
        var reply = new IdentitiesReply();
        reply.Identities.AddRange(newest.Select(grant =>
            ByteString.CopyFrom(JsonSerializer.SerializeToUtf8Bytes(grant.Identity, Contracts.Configuration.ConfigurationJson.Default.Identity))));
        return reply;
    }

    private async Task<ListGrantsReply> ListAsync(GrantFilter filter, Timestamp? at, CancellationToken cancellation)
    {
        var (place, values) = filter.Cursor is { } cursor
            ? ("and (((data ->> 'issuedOrder')::bigint), d.id) < (?, ?)", filter.Values.Append(cursor.Order).Append(cursor.Id))
            : ("", filter.Values);
        await using var session = store.QuerySession();
        var page = await session.QueryAsync<Grant>(
            $"where {filter.Conditions} {place} order by ((data ->> 'issuedOrder')::bigint) desc, d.id desc limit ?",
            cancellation,
            [.. values, filter.Limit]);
        var reply = new ListGrantsReply
        {
            At = at,
            TotalCount = await session.CountAsync<Grant>(filter.Conditions, cancellation, [.. filter.Values]),
            NextCursor = page.Count == filter.Limit ? GrantFilter.CursorOf(page[^1].IssuedOrder, page[^1].Id) : "",
        };
        var uses = await GrantUseLog.OfAsync(session, page.Select(grant => grant.Id), cancellation);
        foreach (var grant in page)
        {
            reply.Grants.Add(filter.At is not { } then ? Json(grant, uses) : Json(await GrantsAsOf.FoldAsync(session, grant.Id, then, cancellation) ?? grant, uses, then));
        }

        return reply;
    }

    private async Task<GrantJson> GetAsync(Guid id, CancellationToken cancellation, DateTimeOffset? at = null)
    {
        await using var session = store.QuerySession();
        var grant = at is { } time ? await GrantsAsOf.FoldAsync(session, id, time, cancellation) : await session.Events.FetchLatest<Grant>(id, cancellation);
        return new GrantJson { Json = Json(grant ?? throw NotFound(), await GrantUseLog.OfAsync(session, [id], cancellation), at), At = at?.ToTimestamp() };
    }

    // The newest first: how a grant ended must not lie behind thousands of refreshes.
    private async Task<GrantEventsReply> EventsAsync(GrantEventsRequest request, CancellationToken cancellation)
    {
        var id = Identities.Id(request.GrantId, "grant_id");
        await using var session = store.QuerySession();
        if (await session.Events.FetchStreamStateAsync(id, cancellation) is not { Version: var newest })
        {
            throw NotFound();
        }

        var last = request.Before > 0 ? Math.Min(newest, request.Before - 1) : newest;
        var size = request.Limit is > 0 and <= MaximumEvents ? request.Limit : MaximumEvents;
        var first = Math.Max(1, last - size + 1);
        var events = last == 0 ? [] : await session.Events.FetchStreamAsync(id, version: last, fromVersion: first, ct: cancellation);
        var reply = new GrantEventsReply { First = first, TotalCount = newest };
        reply.Events.AddRange(events.Select(entry =>
            ByteString.CopyFrom(JsonSerializer.SerializeToUtf8Bytes(GrantEventView.Of(entry), GrantViewJson.Default.GrantEventView))));
        return reply;
    }

    private static ByteString Json(Grant grant, IReadOnlyDictionary<Guid, DateTimeOffset> uses, DateTimeOffset? at = null)
    {
        DateTimeOffset? used = uses.TryGetValue(grant.Id, out var last) ? last : null;
        return ByteString.CopyFrom(JsonSerializer.SerializeToUtf8Bytes(GrantView.Of(grant, used, at), GrantViewJson.Default.GrantView));
    }

    private static RpcException NotFound() => new(new Status(StatusCode.NotFound, "there is no such grant"));
}
