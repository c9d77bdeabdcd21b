using System.Collections.Concurrent;
using Grpc.Core;
using ManagedOAuth.Contracts.RefusalLog;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>What the edge has told of refused requests.</summary>
public sealed class RefusalLogState
{
    public ConcurrentQueue<Refusal> Entries { get; } = new();
}

/// <summary>Config's side of the log of refusals.</summary>
[AllowedCallers("edge")]
public sealed class RefusalLogServer(RefusalLogState state) : RefusalLog.RefusalLogBase
{
    public override Task<RefusalReply> Report(RefusalReport request, ServerCallContext context)
    {
        foreach (var entry in request.Entries)
        {
            state.Entries.Enqueue(entry);
        }

        return Task.FromResult(new RefusalReply());
    }
}
