using System.Collections.Concurrent;
using Grpc.Core;
using ManagedOAuth.Contracts.RefusalLog;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>What the edge has told of refused requests.</summary>
public sealed class RefusalLogState
{
    private readonly ConcurrentDictionary<string, byte> _known = new();

    public ConcurrentQueue<Refusal> Entries { get; } = new();

    /// <summary>Keeps one of each, as Config does: a report whose answer did not come in time comes once more.</summary>
    public void Add(Refusal entry)
    {
        if (_known.TryAdd(entry.Id, 0))
        {
            Entries.Enqueue(entry);
        }
    }
}

/// <summary>Config's side of the log of refusals.</summary>
[AllowedCallers("edge")]
public sealed class RefusalLogServer(RefusalLogState state) : RefusalLog.RefusalLogBase
{
    public override Task<RefusalReply> Report(RefusalReport request, ServerCallContext context)
    {
        foreach (var entry in request.Entries)
        {
            state.Add(entry);
        }

        return Task.FromResult(new RefusalReply());
    }
}
