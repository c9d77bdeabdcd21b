using ManagedOAuth.Edge.Portals.Limits;
using ManagedOAuth.Edge.Portals.Log;
using ManagedOAuth.Edge.Portals.Protocol;
using Microsoft.Net.Http.Headers;

namespace ManagedOAuth.Edge.Portals.Endpoint;

/// <summary>
/// Refuses what somebody who was let in sent, before it becomes a request: with an error of the protocol, and an entry in the portal's log, so that an
/// administrator finds the reason under the flow id that the client shows. What does not stop is not noted for ever.
/// </summary>
internal sealed class PortalRefusals(PortalLogReporter reporter, PortalLimits limits, TimeProvider clock)
{
    /// <summary>Refuses a request below the protocol.</summary>
    public Task WriteAsync(PortalVisit visit, EndpointRefusal refusal, RpcMessage? message = null)
        => WriteAsync(
            visit,
            RpcError.InvalidRequest(refusal.Message) with { Status = refusal.Status },
            refusal.Status == StatusCodes.Status404NotFound ? PortalOutcomes.NotFound : PortalOutcomes.InvalidRequest,
            message);

    /// <summary>Refuses a message.</summary>
    /// <param name="visit">The HTTP request.</param>
    /// <param name="error">What is wrong.</param>
    /// <param name="outcome">How the log calls it.</param>
    /// <param name="message">The message, where it could be read.</param>
    public Task WriteAsync(PortalVisit visit, RpcError error, string outcome, RpcMessage? message = null)
    {
        // Whoever only listens asks again and again.
        if (visit.Http.Request.Method == "POST" && limits.TryNote(visit.Principal))
        {
            reporter.Add(PortalLogEntries.OfRefusal(visit, message?.Method ?? "", outcome, error.Message, clock.GetUtcNow(), clock.GetElapsedTime(visit.StartedAt)));
        }

        return WriteAsync(visit.Http, error, RpcWriter.Error(message is { Kind: RpcKind.Request } ? message.Id : default, error, visit.FlowId));
    }

    /// <summary>Refuses somebody of whom nothing is noted.</summary>
    public static Task WriteAsync(HttpContext context, RpcError error, ReadOnlyMemory<byte> body)
    {
        var response = context.Response;
        response.StatusCode = error.Status;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        if (error.RetryAfter is { } seconds && error.Status != StatusCodes.Status200OK)
        {
            response.Headers[HeaderNames.RetryAfter] = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
