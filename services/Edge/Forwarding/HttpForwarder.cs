using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace ManagedOAuth.Edge.Forwarding;

/// <summary>
/// The streaming reverse proxy.
/// <code>
/// client --1-2-3--> edge --4--> destination
/// client &lt;--6-7-8-- edge &lt;--5-- destination
/// </code>
/// 1 outgoing message, 2 body (set up, not read), 3 headers, 4 send, 5 status, 6 headers, 7 body or upgraded connection, 8 trailers.
/// It never retries, follows no redirect, and reports failures as values; when nothing has been sent, the caller answers.
/// </summary>
internal static class HttpForwarder
{
    public static async Task<ForwarderResult> SendAsync(HttpContext context, ForwardRequest forward)
    {
        using var activity = new ActivityTimeout(forward.ActivityTimeout, context.RequestAborted);

        // Step 1: the message. The target is not canonicalised: what was checked is what is sent.
        var upgrade = forward.AllowUpgrade && OutgoingRequest.IsWebSocketUpgrade(context);
        using var request = OutgoingRequest.Create(context, forward, activity, upgrade);
        var body = request.Content as RequestBodyContent;

        // A long upload is open while it lasts, before any answer is.
        using var stream = new StreamRegistration(forward.OpenStream, activity);
        if (upgrade || body is not null)
        {
            stream.Open();
        }

        if (body is not null && forward.OpenStream is not null && context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            // Whoever has proved who they are may pause as long as the activity timeout allows; strangers have to be quick.
            rate.MinDataRate = null;
        }

        HttpResponseMessage response;
        try
        {
            // Step 4
            response = await forward.Client.SendAsync(request, activity.Token);
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or IOException)
        {
            return BeforeResponse(failure, activity, body, context);
        }

        using (response)
        {
            activity.Progress();
            if (stream.IsEnded)
            {
                return new ForwarderResult(ForwarderError.AccessEnded, StatusCodes.Status401Unauthorized);
            }

            return await PassBackAsync(context, forward, response, activity, stream, upgrade);
        }
    }

    private static async Task<ForwarderResult> PassBackAsync(
        HttpContext context, ForwardRequest forward, HttpResponseMessage response, ActivityTimeout activity, StreamRegistration stream, bool upgrade)
    {
        var upgraded = response.StatusCode == HttpStatusCode.SwitchingProtocols;
        if (upgraded && !upgrade)
        {
            // Nobody asked for it.
            return new ForwarderResult(ForwarderError.ResponseHead, StatusCodes.Status502BadGateway);
        }

        // Steps 5 and 6
        try
        {
            IncomingResponse.CopyHead(response, context, forward.Transform, upgraded);
        }
        catch (Exception failure) when (failure is InvalidOperationException or ArgumentException)
        {
            // A header that the server refuses to write: the origin's fault, and no reason to lose the connection.
            context.Response.Clear();
            return new ForwarderResult(ForwarderError.ResponseHead, StatusCodes.Status502BadGateway);
        }

        if (upgraded)
        {
            return await UpgradeAsync(context, forward, response, activity, stream);
        }

        if (IncomingResponse.IsEventStream(response))
        {
            activity.ChangeLimit(forward.StreamIdleTimeout);
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        }

        // Step 7
        var from = await response.Content.ReadAsStreamAsync(activity.Token);
        var error = await ResponseBodyCopy.CopyAsync(from, context.Response, activity, stream.Open);
        if (error != ForwarderError.None)
        {
            return AfterStart(error, activity, context);
        }

        // Step 8
        IncomingResponse.CopyTrailers(response, context);
        return ForwarderResult.Done;
    }

    private static async Task<ForwarderResult> UpgradeAsync(
        HttpContext context, ForwardRequest forward, HttpResponseMessage response, ActivityTimeout activity, StreamRegistration stream)
    {
        stream.Open();
        activity.ChangeLimit(forward.StreamIdleTimeout);
        await using var client = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        await using var origin = await response.Content.ReadAsStreamAsync(activity.Token);
        await Duplex.CopyAsync(client, origin, activity);
        return activity.AccessEnded ? new ForwarderResult(ForwarderError.AccessEnded, 0) : ForwarderResult.Done;
    }

    private static ForwarderResult BeforeResponse(Exception failure, ActivityTimeout activity, RequestBodyContent? body, HttpContext context)
    {
        if (activity.AccessEnded)
        {
            return new ForwarderResult(ForwarderError.AccessEnded, StatusCodes.Status401Unauthorized);
        }

        if (activity.ClientIsGone || context.RequestAborted.IsCancellationRequested)
        {
            return new ForwarderResult(ForwarderError.ClientGone, StatusCodes.Status400BadRequest);
        }

        if (activity.TimedOut)
        {
            return new ForwarderResult(ForwarderError.TimedOut, StatusCodes.Status504GatewayTimeout);
        }

        if (body?.ClientFailure is { } client)
        {
            var status = client is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status400BadRequest;
            return new ForwarderResult(ForwarderError.RequestBody, status);
        }

        return failure switch
        {
            // Without our own token being cancelled it is the handler's connect timeout.
            OperationCanceledException => new(ForwarderError.Unreachable, StatusCodes.Status504GatewayTimeout),
            HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } http
                => new(IsRefused(http) ? ForwarderError.Unreachable : ForwarderError.Request, StatusCodes.Status502BadGateway),
            _ => new(ForwarderError.Request, StatusCodes.Status502BadGateway),
        };
    }

    // Part of the answer is out: cut the connection, so that a truncated answer is not taken for a whole one.
    private static ForwarderResult AfterStart(ForwarderError error, ActivityTimeout activity, HttpContext context)
    {
        var result = activity.AccessEnded ? ForwarderError.AccessEnded
            : activity.ClientIsGone ? ForwarderError.ClientGone
            : activity.TimedOut ? ForwarderError.TimedOut
            : error;
        if (context.Response.HasStarted)
        {
            context.Abort();
            return new ForwarderResult(result, 0);
        }

        context.Response.Clear();
        return new ForwarderResult(result, result switch
        {
            ForwarderError.TimedOut => StatusCodes.Status504GatewayTimeout,
            ForwarderError.AccessEnded => StatusCodes.Status401Unauthorized,
            _ => StatusCodes.Status502BadGateway,
        });
    }

    private static bool IsRefused(HttpRequestException failure)
        => failure.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused };
}
