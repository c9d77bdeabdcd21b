using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Status = Grpc.Core.Status;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>
/// <c>grpc.health.v1.Health</c> over the host's health checks. It knows one name, the empty one: the server as a whole. Check runs the
/// checks; Watch begins with such a run and goes on with the host's periodic reports.
/// </summary>
public sealed class HealthService : Health.V1.Health.HealthBase
{
    private readonly HealthCheckService _checks;
    private readonly HealthStatusFeed _feed;

    internal HealthService(HealthCheckService checks, HealthStatusFeed feed)
    {
        _checks = checks;
        _feed = feed;
    }

    public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (request.Service.Length > 0)
        {
            throw new RpcException(new Status(StatusCode.NotFound, "The service is not known to the health checks."));
        }

        return new HealthCheckResponse { Status = await RunAsync(context.CancellationToken) };
    }

    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);

        // Subscribed before the first run: a change in between is not lost.
        using var subscription = _feed.Subscribe();
        var known = request.Service.Length == 0;
        var last = known ? await RunAsync(context.CancellationToken) : HealthCheckResponse.Types.ServingStatus.ServiceUnknown;
        await responseStream.WriteAsync(new HealthCheckResponse { Status = last });
        await foreach (var status in subscription.Statuses.ReadAllAsync(context.CancellationToken))
        {
            if (known && status != last)
            {
                last = status;
                await responseStream.WriteAsync(new HealthCheckResponse { Status = status });
            }
        }
    }

    private async Task<HealthCheckResponse.Types.ServingStatus> RunAsync(CancellationToken cancellationToken) =>
        HealthStatusFeed.ToServingStatus((await _checks.CheckHealthAsync(cancellationToken)).Status);
}
