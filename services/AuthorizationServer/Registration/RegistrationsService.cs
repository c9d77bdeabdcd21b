using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.AuthorizationServer.Registration;

/// <summary>Answers the admin API's questions about registrations.</summary>
[AllowedCallers("config")]
public sealed class RegistrationsService(RefusedRedirectUris refused) : Registrations.RegistrationsBase
{
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
}
