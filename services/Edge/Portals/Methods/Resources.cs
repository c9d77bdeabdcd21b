using System.Runtime.InteropServices;
using System.Text.Json;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Sessions;
using ManagedOAuth.Edge.Portals.Upstreams;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals.Methods;

/// <summary><c>resources/list</c>: from the catalog of the snapshot.</summary>
internal sealed class ListResources(Pages pages) : IPortalMethod
{
    public string Name => RequestMethods.ResourcesList;

    public bool IsIn(string revision) => true;

    public ValueTask<RpcAnswer> HandleAsync(PortalRequest request) => pages.OfAsync(request, "resources", ResourceRoutes.Resources(request).Select(Raw));

    internal static ReadOnlyMemory<byte> Raw(JsonElement element) => JsonMarshal.GetRawUtf8Value(element).ToArray();
}

/// <summary><c>resources/templates/list</c>: from the catalog of the snapshot.</summary>
internal sealed class ListResourceTemplates(Pages pages) : IPortalMethod
{
    public string Name => RequestMethods.ResourcesTemplatesList;

    public bool IsIn(string revision) => true;

    public ValueTask<RpcAnswer> HandleAsync(PortalRequest request)
        => pages.OfAsync(request, "resourceTemplates", ResourceRoutes.Templates(request).Select(ListResources.Raw));
}

/// <summary>A request about one resource: relayed to the server that has it.</summary>
/// <param name="relay">Asks servers.</param>
/// <param name="sessions">Remember what a client has subscribed to.</param>
/// <param name="name">The method.</param>
/// <param name="isLegacy">Only in revisions with sessions.</param>
internal sealed class OfResource(UpstreamRelay relay, PortalSessionStore sessions, string name, bool isLegacy) : IPortalMethod
{
    public string Name => name;

    public bool IsIn(string revision) => !isLegacy || Revisions.HasSessions(revision);

    public async ValueTask<RpcAnswer> HandleAsync(PortalRequest request)
    {
        if (request.Message.Text("uri") is not { } uri || ResourceRoutes.Find(request, uri) is not { } server)
        {
            var code = request.IsStateless ? RpcCodes.InvalidParams : RpcCodes.ResourceNotFound;
            return RpcAnswer.Failed(new RpcError(code, "There is no resource at this URI. Ask resources/list for what is there now."), PortalOutcomes.NotFound);
        }

        request.Log.ServerId = server.ServerId;
        request.Log.ResourceUri = uri;
        request.Uses?.Invoke(new PortalUse(server.ServerId));
        var answer = await relay.CallAsync(
            request,
            server,
            id => new UpstreamRequest(name, name == RequestMethods.ResourcesRead ? uri : null, id) { Params = request.Message.Params },
            isCacheable: name == RequestMethods.ResourcesRead);
        if (answer.Outcome == PortalOutcomes.Ok)
        {
            await RememberAsync(request, new ResourceSubscription(server.ServerId, uri));
        }

        return answer;
    }

    private async Task RememberAsync(PortalRequest request, ResourceSubscription subscription)
    {
        Func<PortalSession, PortalSession>? change = name switch
        {
            "resources/subscribe" => subscription.AddTo,
            "resources/unsubscribe" => subscription.RemoveFrom,
            _ => null,
        };
        if (change is not null && request.Session is { } session && !ReferenceEquals(change(session), session))
        {
            request.Session = await sessions.ChangeAsync(request.SessionId!, session, change, request.Cancellation) ?? session;
        }
    }
}

/// <summary><c>completion/complete</c>: relayed to the server of the prompt or template.</summary>
internal sealed class Complete(UpstreamRelay relay) : IPortalMethod
{
    public string Name => RequestMethods.CompletionComplete;

    public bool IsIn(string revision) => true;

    public async ValueTask<RpcAnswer> HandleAsync(PortalRequest request)
    {
        var reference = RpcMessage.Member(request.Message.Params, "ref");
        var (server, prompt) = Find(request, reference);
        if (server is null)
        {
            return RpcAnswer.Failed(RpcError.InvalidParams("\"ref\" is no prompt or resource template that is there now."), PortalOutcomes.NotFound);
        }

        request.Log.ServerId = server.ServerId;
        request.Uses?.Invoke(new PortalUse(server.ServerId, Prompt: prompt is null ? null : RpcMessage.Member(reference, "name").GetStringOrNull()));
        return await relay.CallAsync(request, server, id => new UpstreamRequest(RequestMethods.CompletionComplete, null, id)
        {
            Params = request.Message.Params,
            Replaced = ("ref", json =>
            {
                json.WriteStartObject();
                RpcWriter.Members(json, reference, prompt is null ? "" : "name");
                if (prompt is not null)
                {
                    json.WriteString("name", prompt);
                }

                json.WriteEndObject();
            }),
        });
    }

    private static (PortalServer? Server, string? Prompt) Find(PortalRequest request, JsonElement reference)
    {
        if (RpcMessage.Member(reference, "name").GetStringOrNull() is { } name)
        {
            return request.Directory.ResolvePrompt(request.Visitor, name) is var (server, prompt) && request.IsActive(server) ? (server, prompt.Name) : (null, null);
        }

        return RpcMessage.Member(reference, "uri").GetStringOrNull() is { } uri
            ? (ResourceRoutes.FindTemplate(request, uri) ?? ResourceRoutes.Find(request, uri), null)
            : (null, null);
    }
}
