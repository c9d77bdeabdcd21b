using ManagedOAuth.Edge.Answers;
using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.Forwarding;
using ManagedOAuth.Edge.Hosting;
using ManagedOAuth.Edge.OpenStreams;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.Edge.Telemetry;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Edge.Pipeline;

/// <summary>Sends a request that was let in to its application's origin, and answers when that fails.</summary>
internal sealed partial class OriginForwarding(OriginClients clients, OpenStreamList streams, IOptions<EdgeOptions> options, ILogger<OriginForwarding> logger)
{
    private readonly TimeSpan _streamIdle = options.Value.StreamIdleTimeout;

    public async Task ForwardAsync(HttpContext context, Door door, string pathAndQuery, VerifiedCredential? credential)
    {
        if (door.Application.Origin is not { } origin)
        {
            await KnownAnswers.NoOrigin.WriteAsync(context);
            return;
        }

        // Null unless somebody listens: an idle telemetry costs nothing.
        using var span = EdgeMetrics.Source.StartActivity("forward", System.Diagnostics.ActivityKind.Client);
        var address = context.Connection.RemoteIpAddress;
        var result = await HttpForwarder.SendAsync(context, new ForwardRequest
        {
            Prefix = origin.Prefix,
            PathAndQuery = pathAndQuery,
            Client = clients.For(origin.Connection),
            Transform = new OriginTransform(door, origin, credential, OriginTransform.AddressText(address)),
            ActivityTimeout = origin.ActivityTimeout,
            StreamIdleTimeout = _streamIdle > origin.ActivityTimeout ? _streamIdle : origin.ActivityTimeout,
            AllowUpgrade = true,
            OpenStream = credential is null ? null : activity => streams.Open(credential, door.Application.Id, address, activity.EndAccess),
        });
        if (result.Error != ForwarderError.None)
        {
            span?.SetStatus(System.Diagnostics.ActivityStatusCode.Error, Names.Of(result.Error));
            await FailAsync(context, door, result);
        }
    }

    private async Task FailAsync(HttpContext context, Door door, ForwarderResult result)
    {
        EdgeMetrics.ForwardingFailed(Names.Of(result.Error));
        if (result.Error is ForwarderError.ClientGone or ForwarderError.AccessEnded or ForwarderError.RequestBody)
        {
            Log.Ended(logger, door.Application.Id, result.Error);
        }
        else
        {
            Log.Failed(logger, door.Application.Id, result.Error);
        }

        if (context.Response.HasStarted || result.Error == ForwarderError.ClientGone)
        {
            return;
        }

        var answer = result switch
        {
            { Error: ForwarderError.AccessEnded } => KnownAnswers.AccessEnded,
            { Error: ForwarderError.RequestBody } => new Answer(result.Status, "invalid_request", "Bad request", "The body of the request is too long or broken off."),
            { Status: StatusCodes.Status504GatewayTimeout } => KnownAnswers.GatewayTimeout,
            _ => KnownAnswers.BadGateway,
        };
        await answer.WriteAsync(context);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A request to the origin of application {Application} failed: {Error}", EventName = "OriginFailed")]
        public static partial void Failed(ILogger logger, Guid application, ForwarderError error);

        [LoggerMessage(2, LogLevel.Debug, "A request to application {Application} ended: {Error}", EventName = "RequestEnded")]
        public static partial void Ended(ILogger logger, Guid application, ForwarderError error);
    }
}
