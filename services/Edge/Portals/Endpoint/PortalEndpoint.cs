using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Answers;
using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Sessions;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.Edge.Telemetry;
using ManagedOAuth.ServiceDefaults.HotStore;
using Microsoft.AspNetCore.Http.Features;

namespace ManagedOAuth.Edge.Portals.Endpoint;

/// <summary>
/// <c>/mcp</c> of a portal (MCP Streamable HTTP), for somebody who was let in: 1 the rules of the endpoint, 2 the session that the request names,
/// 3 a message (POST), a stream to listen on (GET), or the end of the session (DELETE).
/// </summary>
internal sealed class PortalEndpoint(PortalSessionStore sessions, PortalMessages messages, PortalListening listening, PortalRefusals refusals, TimeProvider clock)
{
    private static readonly RpcError s_nobody = RpcError.Unavailable("Your access names nobody whom a portal could know.") with { Status = StatusCodes.Status403Forbidden };
    private static readonly RpcError s_away = RpcError.Unavailable("Sessions cannot be looked up right now. Try again in a moment.") with { Status = StatusCodes.Status503ServiceUnavailable, RetryAfter = 5 };

    /// <summary>Longest message of a client, in bytes.</summary>
    public const int MaximumMessage = 4 * 1024 * 1024;

    public async Task HandleAsync(HttpContext context, Door door, VerifiedCredential credential, PortalDirectory directory)
    {
        if (PortalPrincipal.Of(credential) is not { } principal)
        {
            await PortalRefusals.WriteAsync(context, s_nobody, RpcWriter.Error(default, s_nobody, Answer.FlowId(context)));
            return;
        }

        var visit = new PortalVisit(context, door, credential, principal, directory, clock.GetTimestamp());
        if (EndpointRules.Check(context, door) is var (rule, refusal))
        {
            EdgeMetrics.Refused(rule.Id);
            await refusals.WriteAsync(visit, refusal);
            return;
        }

        try
        {
            await HandleAsync(visit);
        }
        catch (HotStoreUnavailableException)
        {
            // Whose session it is cannot be known now: neither "go on" nor "there is none" would be true.
            await refusals.WriteAsync(visit, s_away, PortalOutcomes.Unavailable);
        }
    }

    private async Task HandleAsync(PortalVisit visit)
    {
        var context = visit.Http;
        var id = context.Request.Headers[McpHeaders.SessionId] is [{ Length: > 0 } given] ? given : null;
        var session = id is null ? null : await sessions.FindAsync(id, visit.Door.Application.Id, visit.Principal, context.RequestAborted);
        if (id is not null && session is null)
        {
            await refusals.WriteAsync(visit, new EndpointRefusal(StatusCodes.Status404NotFound, "There is no such session, or it has ended. Begin another with initialize."));
            return;
        }

        visit = visit with { SessionId = id, Session = session };
        switch (context.Request.Method)
        {
            case "POST":
                await PostAsync(visit);
                break;
            case "GET" when session is not null:
                await listening.ListenAsync(visit);
                break;
            case "DELETE" when session is not null:
                await messages.EndSessionAsync(visit);
                break;
            case "GET":
                context.Response.Headers.Allow = "POST";
                await refusals.WriteAsync(visit, new EndpointRefusal(StatusCodes.Status405MethodNotAllowed, "Listening needs a session: Mcp-Session-Id is missing."));
                break;
            default:
                await refusals.WriteAsync(visit, new EndpointRefusal(StatusCodes.Status400BadRequest, "Mcp-Session-Id is missing."));
                break;
        }
    }

    private async Task PostAsync(PortalVisit visit)
    {
        if (await ReadAsync(visit.Http) is not { } body)
        {
            await refusals.WriteAsync(visit, new EndpointRefusal(StatusCodes.Status413PayloadTooLarge, "A message has at most 4 MiB."));
            return;
        }

        if (RpcMessage.TryRead(body, isStrict: true, out var message) is { } error)
        {
            await refusals.WriteAsync(visit, error, PortalOutcomes.InvalidRequest);
            return;
        }

        await messages.HandleAsync(visit, message!);
    }

    private static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = MaximumMessage;
        }

        if (context.Request.ContentLength > MaximumMessage)
        {
            return null;
        }

        try
        {
            using var buffer = new MemoryStream((int)(context.Request.ContentLength ?? 1024));
            await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
            return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
        }
        catch (BadHttpRequestException)
        {
            // Longer than it may be, or broken off.
            return null;
        }
    }
}
