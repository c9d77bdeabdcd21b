using System.Net;
using ManagedOAuth.Edge.Answers;
using ManagedOAuth.Edge.Forwarding;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using Microsoft.AspNetCore.Http.Features;

namespace ManagedOAuth.Edge.ServiceRouting;

/// <summary>
/// Hands a request on to one of our services. Another replica is asked only when a connection was refused: then nothing was sent, and
/// nothing can happen twice.
/// </summary>
internal sealed partial class ServiceProxy(ServiceReplicas replicas, ServiceCredentials credentials, OriginClients clients, ILogger<ServiceProxy> logger)
{
    private static readonly OriginConnection s_connection = new(TimeSpan.FromSeconds(1), NoTlsVerify: false);
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(15);

    // Who changes the configuration may wait up to 30 seconds for it to be in force everywhere.
    private static readonly TimeSpan s_configSilence = TimeSpan.FromSeconds(45);

    public async Task HandleAsync(HttpContext context, HostRoutes host, Guid? applicationId, string service, string pathAndQuery, long bodyLimit, EdgeUser? user = null)
    {
        LimitBody(context, bodyLimit);
        var transform = new ServiceTransform(
            credentials.For(service), applicationId, host.PublicOrigin, context.Connection.RemoteIpAddress ?? IPAddress.None, user);
        var silence = service == ServicePaths.Config ? s_configSilence : s_silence;
        var result = new ForwarderResult(ForwarderError.Unreachable, StatusCodes.Status503ServiceUnavailable);
        foreach (var replica in replicas.InTurn(service))
        {
            result = await HttpForwarder.SendAsync(context, new ForwardRequest
            {
                Prefix = replica,
                PathAndQuery = pathAndQuery,
                Client = clients.For(s_connection),
                Transform = transform,
                ActivityTimeout = silence,
                StreamIdleTimeout = silence,
            });
            if (result.Error != ForwarderError.Unreachable)
            {
                break;
            }
        }

        if (result.Error != ForwarderError.None)
        {
            Log.Failed(logger, service, result.Error);
            await AnswerAsync(context, result);
        }
    }

    private static void LimitBody(HttpContext context, long limit)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = limit;
        }
    }

    private static Task AnswerAsync(HttpContext context, ForwarderResult result)
    {
        if (context.Response.HasStarted || result.Error == ForwarderError.ClientGone)
        {
            return Task.CompletedTask;
        }

        return result.Error == ForwarderError.RequestBody
            ? new Answer(result.Status, "invalid_request", "Bad request", "The body of the request is too long or broken off.").WriteAsync(context)
            : KnownAnswers.ServiceAway.WriteAsync(context);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A request to {Service} failed: {Error}", EventName = "ServiceRequestFailed")]
        public static partial void Failed(ILogger logger, string service, ForwarderError error);
    }
}
