using Grpc.Core;
using ManagedOAuth.Benchmarks.V1;

namespace ManagedOAuth.Benchmarks;

/// <summary>Answers with the question.</summary>
internal sealed class PingService : Pinger.PingerBase
{
    public override Task<PingMessage> Ping(PingMessage request, ServerCallContext context) => Task.FromResult(request);
}
