using ManagedOAuth.Contracts.AuthorizationServer;
using Microsoft.Extensions.Options;
using GrpcClients = ManagedOAuth.Contracts.AuthorizationServer.Clients;

namespace ManagedOAuth.Token.Clients;

/// <summary>Asks authorization-server by gRPC, with a deadline; a failure of the call is the caller's to answer as an outage.</summary>
public sealed class ClientDirectory(GrpcClients.ClientsClient clients, IOptions<TokenOptions> options) : IClientDirectory
{
    public async Task<ClientStanding> AuthenticateAsync(Guid applicationId, string clientId, string? secret, CancellationToken cancellation)
    {
        var request = new AuthenticateClientRequest { ApplicationId = applicationId.ToString(), ClientId = clientId, ClientSecret = secret ?? "" };
        var reply = await clients.AuthenticateAsync(request, deadline: DateTime.UtcNow + options.Value.LookupDeadline, cancellationToken: cancellation);
        return new ClientStanding(reply.Known, reply.Authenticated);
    }
}
