using System.Collections.Concurrent;
using Grpc.Core;
using ManagedOAuth.Contracts.PortalLog;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>What the edge has reported.</summary>
public sealed class PortalLogState
{
    private readonly ConcurrentDictionary<string, byte> _known = new();

    public ConcurrentQueue<PortalLogEntry> Entries { get; } = new();

    /// <summary>Reports that are answered with UNAVAILABLE before one is taken.</summary>
    public int Failures { get; set; }

    /// <summary>Completed by the next report, which is then not answered until its caller gives up.</summary>
    public TaskCompletionSource? Hold { get; set; }

    /// <summary>Keeps one of each, as Config does: a report whose answer did not come in time comes once more.</summary>
    public void Add(PortalLogEntry entry)
    {
        if (_known.TryAdd(entry.Id, 0))
        {
            Entries.Enqueue(entry);
        }
    }
}

/// <summary>Config's side of the portal log.</summary>
[AllowedCallers("edge")]
public sealed class PortalLogServer(PortalLogState state) : PortalLog.PortalLogBase
{
    public override async Task<PortalLogReply> Report(PortalLogReport request, ServerCallContext context)
    {
        if (state.Failures-- > 0)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "not now"));
        }

        if (state.Hold is { } hold)
        {
            state.Hold = null;
            hold.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
        }

        foreach (var entry in request.Entries)
        {
            state.Add(entry);
        }

        return new PortalLogReply();
    }
}
