using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.AuthorizationServer.Clients;
using ManagedOAuth.AuthorizationServer.Directory;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using Marten.Events;

namespace ManagedOAuth.AuthorizationServer.Registration;

/// <summary>Answers the admin API's questions about registrations.</summary>
[AllowedCallers("config")]
public sealed class RegistrationsService(RefusedRedirectUris refused, ClientInventory clients) : Registrations.RegistrationsBase
{
    private const int MostClients = 1000;

    // Beyond this nobody turns pages any more: they search.
    private const int MostPages = 1000;

    /// <inheritdoc />
    public override async Task<RefusedRedirectUrisReply> Refused(RefusedRedirectUrisRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (!Guid.TryParse(request.ApplicationId, out var application))
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "application_id is a uuid"));
        }

        var reply = new RefusedRedirectUrisReply();
        reply.Uris.AddRange((await refused.ListAsync(application, context.CancellationToken)).Select(uri => new RefusedUri
        {
            Uri = uri.Uri,
            ClientName = uri.ClientName ?? "",
            FirstAt = uri.FirstAt.ToTimestamp(),
            LastAt = uri.LastAt.ToTimestamp(),
            Attempts = uri.Attempts,
        }));
        return reply;
    }

    /// <inheritdoc />
    public override async Task<ListClientsReply> List(ListClientsRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        Guid? application = request.ApplicationId.Length == 0 ? null : Guid.TryParse(request.ApplicationId, out var id) ? id : throw Invalid("application_id is a uuid");
        SearchText.Check("search", request.Search);
        if (request.Page > MostPages)
        {
            throw Invalid($"page is from 1 to {MostPages}: narrow the list instead");
        }

        var perPage = request.PerPage == 0 ? 25 : Math.Clamp(request.PerPage, 1, MostClients);
        var (found, total) = await clients.ListAsync(
            new ClientFilter(application, request.Search.Trim(), request.Active, Math.Max(request.Page, 1), perPage), context.CancellationToken);
        return new ListClientsReply { TotalCount = total, Clients = { found.Select(Show) } };
    }

    /// <inheritdoc />
    public override async Task<ClientReply> Get(ClientRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        return await FindAsync(request.ClientId, context.CancellationToken);
    }

    /// <inheritdoc />
    public override async Task<ClientReply> Revoke(RevokeClientRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (request.Actor.Length is 0 or > 256)
        {
            throw Invalid("actor is missing or longer than 256 characters");
        }

        await clients.RevokeAsync(request.ClientId, request.Actor, context.CancellationToken);
        return await FindAsync(request.ClientId, context.CancellationToken);
    }

    private async Task<ClientReply> FindAsync(string clientId, CancellationToken cancellation)
        => await clients.FindAsync(clientId, cancellation) is { } found
            ? new ClientReply { Client = Show(found.Client), Events = { found.Events.Select(Show) } }
            : throw new RpcException(new Status(StatusCode.NotFound, "there is no such client"));

    private static OAuthClient Show(ListedClient listed)
    {
        var client = listed.Client;
        return new OAuthClient
        {
            ClientId = client.Id,
            ApplicationId = client.ApplicationId.ToString(),
            Name = client.Name ?? "",
            RedirectUris = { client.RedirectUris },
            RefusedRedirectUris = { client.RefusedRedirectUris },
            GrantTypes = { client.GrantTypes },
            Scope = client.Scope ?? "",
            RegisteredAt = client.IssuedAt.ToTimestamp(),
            ExpiresAt = client.ExpiresAt.ToTimestamp(),
            ActiveGrants = listed.ActiveGrants,
            RevokedAt = listed.RevokedAt?.ToTimestamp(),
        };
    }

    private static ClientEvent Show(IEvent entry) => new()
    {
        Id = entry.Id.ToString(),
        Type = entry.EventTypeName,
        At = entry.Timestamp.ToTimestamp(),
        Actor = entry.UserName ?? "",
        Data = ByteString.CopyFrom(ClientEventJson.Of(entry.Data)),
    };

    private static RpcException Invalid(string detail) => new(new Status(StatusCode.InvalidArgument, detail));
}
