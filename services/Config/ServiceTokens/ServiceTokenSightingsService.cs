using Grpc.Core;
using ManagedOAuth.Config.ApiTokens;
using ManagedOAuth.Contracts.ServiceTokens;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.Config.ServiceTokens;

/// <summary>Takes the times at which edges saw service tokens.</summary>
[AllowedCallers("edge")]
public sealed class ServiceTokenSightingsService(ApiTokenUses uses, TimeProvider clock) : ServiceTokenSightings.ServiceTokenSightingsBase
{
    private const int Most = 1000;

    public override Task<SightingsReply> Report(SightingsReport request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Sightings.Count > Most)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"at most {Most} sightings"));
        }

        var now = clock.GetUtcNow();
        foreach (var sighting in request.Sightings)
        {
            if (Guid.TryParse(sighting.ServiceTokenId, out var id) && sighting.At is not null)
            {
                // A clock that runs ahead must not make a token look used in the future.
                var at = sighting.At.ToDateTimeOffset();
                uses.Note(id, at < now ? at : now);
            }
        }

        return Task.FromResult(new SightingsReply());
    }
}
