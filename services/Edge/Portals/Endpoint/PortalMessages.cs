using System.Text.Json;
using ManagedOAuth.Edge.OpenStreams;
using ManagedOAuth.Edge.Portals.BuiltIns;
using ManagedOAuth.Edge.Portals.Limits;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Sessions;
using ManagedOAuth.Edge.Portals.Streams;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals.Endpoint;

/// <summary>
/// One message of a client: a request is answered, a notification and a response to a server's request are handed on.
/// </summary>
internal sealed class PortalMessages(
    PortalAnswers answers,
    PortalSessionStore sessions,
    ReplayLogs logs,
    ClientMessages clientMessages,
    PortalLimits limits,
    PortalRefusals refusals,
    TimeProvider clock)
{
    public async Task HandleAsync(PortalVisit visit, RpcMessage message)
    {
        var version = visit.Http.Request.Headers[McpHeaders.ProtocolVersion].ToString();
        var isStateless = Revisions.IsStateless(version) || (visit.SessionId is null && RpcMessage.Member(message.Meta, MetaKeys.ProtocolVersion).ValueKind == JsonValueKind.String);
        if (isStateless)
        {
            await HandleStatelessAsync(visit, message, version);
        }
        else if (message is { Kind: RpcKind.Request, Method: RequestMethods.Initialize })
        {
            await InitializeAsync(visit, message);
        }
        else if (visit.Session is null)
        {
            await refusals.WriteAsync(visit, new EndpointRefusal(StatusCodes.Status400BadRequest, "Mcp-Session-Id is missing. Begin with initialize."), message);
        }
        else if (message.Kind == RpcKind.Request)
        {
            await answers.AnswerAsync(visit, message, visit.Session.Revision);
        }
        else
        {
            await HandOnAsync(visit, message, visit.Session.Revision);
        }
    }

    /// <summary>Ends a session and what it has at servers.</summary>
    public async Task EndSessionAsync(PortalVisit visit)
    {
        await sessions.EndAsync(visit.SessionId!, visit.Http.RequestAborted);
        logs.Forget(visit.SessionId!);

        // Beside the answer: servers may take their time.
        _ = clientMessages.EndAsync(visit);
        visit.Http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task HandleStatelessAsync(PortalVisit visit, RpcMessage message, string version)
    {
        var error = visit.SessionId is not null ? RpcError.InvalidRequest("This protocol revision has no sessions: leave Mcp-Session-Id out.")
            : !Revisions.IsStateless(RpcMessage.Member(message.Meta, MetaKeys.ProtocolVersion).GetStringOrNull() ?? version) ? StatelessHeaders.Unsupported(message)
            : StatelessHeaders.Check(visit.Http.Request.Headers, message)
            ?? ClientIntroduction.Check(RpcMessage.Member(message.Meta, MetaKeys.ClientInfo), RpcMessage.Member(message.Meta, MetaKeys.ClientCapabilities));
        if (error is not null)
        {
            await refusals.WriteAsync(visit, error, PortalOutcomes.InvalidRequest, message);
        }
        else if (message.Kind == RpcKind.Request)
        {
            await answers.AnswerAsync(visit, message, Revisions.Stateless);
        }
        else
        {
            await HandOnAsync(visit, message, Revisions.Stateless);
        }
    }

    private async Task InitializeAsync(PortalVisit visit, RpcMessage message)
    {
        if (visit.SessionId is not null)
        {
            await refusals.WriteAsync(visit, new EndpointRefusal(StatusCodes.Status400BadRequest, "The session has begun already. Begin another without Mcp-Session-Id."), message);
            return;
        }

        var (info, capabilities) = (RpcMessage.Member(message.Params, "clientInfo"), RpcMessage.Member(message.Params, "capabilities"));
        if ((ClientIntroduction.Check(info, capabilities) ?? await limits.TryBeginSessionAsync(visit.Principal)) is { } error)
        {
            await refusals.WriteAsync(visit, error, error.Code == RpcCodes.RateLimited ? PortalOutcomes.RateLimited : PortalOutcomes.InvalidRequest, message);
            return;
        }

        var (id, session) = await sessions.CreateAsync(
            new PortalSession
            {
                ApplicationId = visit.Door.Application.Id,
                Principal = visit.Principal.Key,
                GrantId = visit.Credential.GrantId,
                Revision = Revisions.Negotiate(message.Text("protocolVersion")),
                ClientInfo = ClientIntroduction.Kept(info),
                Capabilities = ClientIntroduction.Kept(capabilities),
                OptimizeContext = OptimizedContext.Of(visit.Http.Request),
                CreatedAt = clock.GetUtcNow(),
            },
            visit.Http.RequestAborted);
        visit.Http.Response.Headers[McpHeaders.SessionId] = id;
        await answers.AnswerAsync(visit with { SessionId = id, Session = session }, message, session.Revision);
    }

    private async Task HandOnAsync(PortalVisit visit, RpcMessage message, string revision)
    {
        // They cost servers as much as requests do.
        if (await limits.TryCountAsync(visit.Principal) is { } limited)
        {
            await refusals.WriteAsync(visit, limited with { Status = StatusCodes.Status429TooManyRequests }, PortalOutcomes.RateLimited, message);
            return;
        }

        await using (var stream = new ClientStream(visit.Http, null, clock))
        {
            await clientMessages.HandleAsync(PortalAnswers.RequestOf(visit, message, revision, stream, visit.Http.RequestAborted));
        }

        // A server that took its time with it: the answer has begun as one that takes long.
        if (!visit.Http.Response.HasStarted)
        {
            visit.Http.Response.StatusCode = StatusCodes.Status202Accepted;
        }
    }
}
