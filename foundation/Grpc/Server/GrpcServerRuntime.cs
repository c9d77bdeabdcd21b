using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server;

/// <summary>What every mapped method of the process shares. The options are read once: a change needs a restart.</summary>
internal sealed class GrpcServerRuntime(IOptions<GrpcServiceOptions> options, ILoggerFactory loggerFactory)
{
    public GrpcServiceOptions Options { get; } = options.Value;

    public ILogger Logger { get; } = loggerFactory.CreateLogger("Grpc.AspNetCore.Server");

    /// <summary>
    /// The machine's clock, not the injected one: deadlines bound real work between real processes, and a test that moves
    /// its clock by hours must not end every call in flight.
    /// </summary>
    public TimeProvider Clock { get; } = TimeProvider.System;

    /// <summary>Whether the answer to unknown services has been mapped: once per application.</summary>
    public bool UnknownServicesMapped { get; set; }
}
