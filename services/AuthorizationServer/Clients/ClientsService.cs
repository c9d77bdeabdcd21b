using Grpc.Core;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.AuthorizationServer.Clients;

/// <summary>Answers Token whether a client is known at an application.</summary>
[AllowedCallers("token")]
public sealed class ClientsService(ClientRegistry clients) : Contracts.AuthorizationServer.Clients.ClientsBase
{
    /// <inheritdoc />
    public override async Task<AuthenticateClientReply> Authenticate(AuthenticateClientRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (!Guid.TryParse(request.ApplicationId, out var applicationId))
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "application_id is no uuid"));
        }

        var client = await clients.FindAsync(applicationId, request.ClientId, context.CancellationToken);

        // Every client here is public: whoever sends a secret is not the client that registered (RFC 6749 §2.3).
        return new AuthenticateClientReply { Known = client is not null, Authenticated = client is not null && request.ClientSecret.Length == 0 };
    }
}
