using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>Request feature: the gRPC call that the HTTP request is.</summary>
public interface IServerCallContextFeature
{
    ServerCallContext ServerCallContext { get; }
}
