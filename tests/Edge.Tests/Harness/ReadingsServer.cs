using System.Collections.Concurrent;
using Grpc.Core;
using ManagedOAuth.Contracts.ServerReadings;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>What Config would know of its readings of servers, and what it was told, by server.</summary>
public sealed class ReadingsState
{
    public ConcurrentDictionary<Guid, ReadingState> Known { get; } = new();

    public ConcurrentQueue<(Guid Server, HeardServer.Types.Reason Reason)> Heard { get; } = new();

    /// <summary>Calls that are answered with UNAVAILABLE before one is taken.</summary>
    public int Failures { get; set; }
}

/// <summary>Config's side of the readings of servers.</summary>
[AllowedCallers("edge")]
public sealed class ReadingsServer(ReadingsState state) : ServerReadings.ServerReadingsBase
{
    public override Task<ReadingStatesReply> States(ReadingStatesRequest request, ServerCallContext context)
    {
        var reply = new ReadingStatesReply();
        reply.States.AddRange(request.ServerIds.Select(id => state.Known.GetValueOrDefault(Guid.Parse(id))).OfType<ReadingState>());
        return Task.FromResult(reply);
    }

    public override Task<HeardReply> Heard(HeardRequest request, ServerCallContext context)
    {
        if (state.Failures-- > 0)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "not now"));
        }

        foreach (var heard in request.Servers)
        {
            state.Heard.Enqueue((Guid.Parse(heard.ServerId), heard.Reason));
        }

        return Task.FromResult(new HeardReply());
    }
}
