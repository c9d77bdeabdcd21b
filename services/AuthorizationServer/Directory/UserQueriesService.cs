using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Upstream.Vault;
using ManagedOAuth.AuthorizationServer.Users;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Messages;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using Marten;
using Wolverine.Marten;

namespace ManagedOAuth.AuthorizationServer.Directory;

/// <summary>Answers the admin API's questions about people and their logins.</summary>
[AllowedCallers("config")]
public sealed class UserQueriesService(IDocumentStore store, IMartenOutbox outbox, TimeProvider clock) : UserQueries.UserQueriesBase
{
    private const int Most = 1000;

    /// <inheritdoc />
    public override async Task<ListUsersReply> List(ListUsersRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        SearchText.Check("email", request.Email);
        SearchText.Check("search", request.Search);
        const string Conditions = "(? = '' or d.id::text = ?) and (? = '' or (data ->> 'email') = ?) and position(? in (data ->> 'email')) > 0";
        object[] values = [request.Id, request.Id, request.Email, request.Email, request.Search.Trim().ToLowerInvariant()];
        var (limit, offset) = Page(request.Page, request.PerPage);
        await using var session = store.QuerySession();
        var users = await session.QueryAsync<User>(
            $"where {Conditions} order by (data ->> 'email') limit ? offset ?", context.CancellationToken, [.. values, limit, offset]);
        var reply = new ListUsersReply { TotalCount = await session.CountAsync<User>(Conditions, context.CancellationToken, values) };
        reply.Users.AddRange(users.Select(user => new DirectoryUser
        {
            Id = user.Id.ToString(),
            Email = user.Email,
            CreatedAt = user.CreatedAt.ToTimestamp(),
            LastLoginAt = user.LastLoginAt?.ToTimestamp(),
            Provisioned =
            {
                (user.Provisioned ?? []).Select(profile => new Contracts.AuthorizationServer.ProvisionedProfile
                {
                    ProviderId = profile.ProviderId.ToString(), ResourceId = profile.ResourceId.ToString(), DisplayName = profile.DisplayName, Active = profile.Active,
                }),
            },
        }));
        return reply;
    }

    /// <inheritdoc />
    public override async Task<EndUserSessionsReply> EndSessions(EndUserSessionsRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (request.Email.Length == 0)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "email is missing"));
        }

        await using var session = store.LightweightSession();
        session.LastModifiedBy = request.Actor;
        outbox.Enroll(session);
        var email = request.Email.Trim().ToLowerInvariant();
        foreach (var user in await session.QueryAsync<User>("where (data ->> 'email') = ? limit 1", context.CancellationToken, email))
        {
            await outbox.PublishAsync(new ForgetUpstreamLogins(user.Id, "user_revoked", request.Actor));
        }

        await outbox.PublishAsync(new UserRevoked(email, request.Actor, clock.GetUtcNow()));
        var (ended, found) = (0, Most);
        while (found == Most)
        {
            var live = await session.QueryAsync<TeamSession>("where (data ->> 'email') = ? limit ?", context.CancellationToken, email, Most);
            foreach (var one in live)
            {
                session.Delete<TeamSession>(one.Id);
            }

            await session.SaveChangesAsync(context.CancellationToken);
            found = live.Count;
            ended += found;
        }

        return new EndUserSessionsReply { Ended = ended };
    }

    /// <inheritdoc />
    public override async Task<AccessRequestsReply> AccessRequests(AccessRequestsRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var query = AccessRequestQuery.Of(request);
        var (limit, offset) = Page(request.Page, request.PerPage);
        var direction = request.OldestFirst ? "asc" : "desc";
        await using var session = store.QuerySession();
        var lines = await session.QueryAsync<AccessRequest>(
            $"where {query.Conditions} order by ((data ->> 'at')::bigint) {direction}, d.id limit ? offset ?", context.CancellationToken, [.. query.Values, limit, offset]);
        var reply = new AccessRequestsReply { TotalCount = await session.CountAsync<AccessRequest>(query.Conditions, context.CancellationToken, [.. query.Values]) };
        reply.Requests.AddRange(lines.Select(line => ByteString.CopyFrom(JsonSerializer.SerializeToUtf8Bytes(line, AccessRequestJson.Default.AccessRequest))));
        return reply;
    }

    private static (int Limit, int Offset) Page(int page, int perPage)
    {
        var limit = perPage == 0 ? 25 : Math.Clamp(perPage, 1, Most);
        return (limit, (Math.Clamp(page, 1, 1_000_000) - 1) * limit);
    }
}
