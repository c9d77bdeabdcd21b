using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.AuthorizationServer.Scim.Queries;
using ManagedOAuth.AuthorizationServer.Scim.Store;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.AuthorizationServer.Directory;

/// <summary>Answers the admin API's questions about what identity providers have provisioned.</summary>
[AllowedCallers("config")]
public sealed class ScimQueriesService(ScimDirectory directory, ScimLog log) : ScimQueries.ScimQueriesBase
{
    private const int Most = 1000;

    /// <inheritdoc />
    public override async Task<ScimUsersReply> Users(ScimListRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        await using var session = directory.Read();
        var (users, total) = await directory.ListAsync<ScimUser>(session, Provider(request), Filter(request), Offset(request), Count(request), context.CancellationToken);
        var groups = await directory.GroupsOfAsync(session, [.. users.Select(user => user.Id)], context.CancellationToken);
        var reply = new ScimUsersReply { TotalCount = total };
        reply.Users.AddRange(users.Select(user => new ScimUserView
        {
            Id = user.Id.ToString(),
            ExternalId = user.ExternalId ?? "",
            UserName = user.State.UserName,
            Email = user.Email ?? "",
            DisplayName = user.State.DisplayName,
            Active = user.Active,
            CreatedAt = user.CreatedAt.ToTimestamp(),
            UpdatedAt = user.UpdatedAt.ToTimestamp(),
            Groups = { groups[user.Id].Select(group => group.DisplayName) },
        }));
        return reply;
    }

    /// <inheritdoc />
    public override async Task<ScimGroupsReply> Groups(ScimListRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        await using var session = directory.Read();
        var (groups, total) = await directory.ListAsync<ScimGroup>(session, Provider(request), Filter(request), Offset(request), Count(request), context.CancellationToken);
        var reply = new ScimGroupsReply { TotalCount = total };
        reply.Groups.AddRange(groups.Select(group => new ScimGroupView
        {
            Id = group.Id.ToString(),
            ExternalId = group.ExternalId ?? "",
            DisplayName = group.DisplayName,
            Members = group.Members,
            CreatedAt = group.CreatedAt.ToTimestamp(),
            UpdatedAt = group.UpdatedAt.ToTimestamp(),
        }));
        return reply;
    }

    /// <inheritdoc />
    public override async Task<ScimUpdatesReply> Updates(ScimUpdatesRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var reply = new ScimUpdatesReply();
        reply.Updates.AddRange((await log.FindAsync(request, context.CancellationToken))
            .Select(line => ByteString.CopyFrom(JsonSerializer.SerializeToUtf8Bytes(line, ScimUpdateJson.Default.ScimUpdate))));
        return reply;
    }

    private static Guid Provider(ScimListRequest request)
        => Guid.TryParse(request.ProviderId, out var id) ? id : throw new RpcException(new Status(StatusCode.InvalidArgument, "provider_id is no uuid"));

    // All conditions hold together.
    private static ScimFilter? Filter(ScimListRequest request)
    {
        ScimFilter? filter = null;
        foreach (var (attribute, value) in request.Equal)
        {
            var one = new ScimFilter.Comparison(attribute, "eq", value);
            filter = filter is null ? one : new ScimFilter.And(filter, one);
        }

        return filter;
    }

    private static int Count(ScimListRequest request) => request.PerPage == 0 ? 25 : Math.Clamp(request.PerPage, 1, Most);

    private static int Offset(ScimListRequest request) => (Math.Clamp(request.Page, 1, 1_000_000) - 1) * Count(request);
}
