using Grpc.Core;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.Token.Grants;

/// <summary>Takes the times at which edges saw grants used.</summary>
[AllowedCallers("edge")]
public sealed class GrantUsesService(GrantUseLog log, TimeProvider clock) : GrantUses.GrantUsesBase
{
    private const int Most = 1000;

    public override async Task<GrantUsesReply> Report(GrantUsesReport request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (request.Uses.Count > Most)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"at most {Most} uses"));
        }

        var now = clock.GetUtcNow();
        var uses = new Dictionary<Guid, DateTimeOffset>();
        foreach (var use in request.Uses)
        {
            if (Guid.TryParse(use.GrantId, out var id) && use.At is not null)
            {
                // A clock that runs ahead must not make a grant look used in the future.
                var at = use.At.ToDateTimeOffset();
                at = at < now ? at : now;
                uses[id] = uses.TryGetValue(id, out var other) && other > at ? other : at;
            }
        }

        if (uses.Count > 0)
        {
            await log.NoteAsync(uses, context.CancellationToken);
        }

        return new GrantUsesReply();
    }
}
