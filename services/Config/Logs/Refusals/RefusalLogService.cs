using Grpc.Core;
using ManagedOAuth.Contracts.RefusalLog;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using Marten;

namespace ManagedOAuth.Config.Logs.Refusals;

/// <summary>Takes what edges refused. See <c>refusal_log.proto</c>.</summary>
[AllowedCallers("edge")]
public sealed class RefusalLogService(IDocumentStore store, TimeProvider clock) : RefusalLog.RefusalLogBase
{
    private const int Most = 500;

    /// <inheritdoc/>
    public override async Task<RefusalReply> Report(RefusalReport request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (request.Entries.Count > Most)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"at most {Most} entries"));
        }

        var now = clock.GetUtcNow();
        await using var session = store.LightweightSession();
        session.Store([.. request.Entries.Select(entry => EdgeRefusal.Of(entry, now)).OfType<EdgeRefusal>().DistinctBy(entry => entry.Id)]);
        await session.SaveChangesAsync(context.CancellationToken);
        return new RefusalReply();
    }
}
