using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>How a call ended. Set once; everything that asks later gets the same answer.</summary>
internal sealed class CallOutcome(Status status, Metadata trailers)
{
    public Status Status { get; } = status;

    public Metadata Trailers { get; } = trailers;
}
