using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Upstreams;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals.Methods;

/// <summary><c>prompts/list</c>: from the catalog of the snapshot.</summary>
internal sealed class ListPrompts(Pages pages) : IPortalMethod
{
    public string Name => RequestMethods.PromptsList;

    public bool IsIn(string revision) => true;

    public ValueTask<RpcAnswer> HandleAsync(PortalRequest request) => pages.OfAsync(
        request,
        "prompts",
        request.ActiveServers.SelectMany(server => server.Prompts.Where(prompt => request.Directory.MayUse(request.Visitor, prompt))).Select(prompt => prompt.Definition));
}

/// <summary><c>prompts/get</c>: relayed to the server that has the prompt.</summary>
internal sealed class GetPrompt(UpstreamRelay relay) : IPortalMethod
{
    public string Name => RequestMethods.PromptsGet;

    public bool IsIn(string revision) => true;

    public async ValueTask<RpcAnswer> HandleAsync(PortalRequest request)
    {
        if (request.Message.Text("name") is not { } name
            || request.Directory.ResolvePrompt(request.Visitor, name) is not var (server, prompt)
            || !request.IsActive(server))
        {
            return RpcAnswer.Failed(RpcError.InvalidParams("Unknown prompt. Ask prompts/list for the prompts that are there now."), PortalOutcomes.NotFound);
        }

        request.Log.ServerId = server.ServerId;
        request.Log.Prompt = prompt.Name;
        request.Uses?.Invoke(new PortalUse(server.ServerId, Prompt: name));
        return await relay.CallAsync(request, server, id => new UpstreamRequest(RequestMethods.PromptsGet, prompt.Name, id)
        {
            Params = request.Message.Params,
            Replaced = ("name", json => json.WriteStringValue(prompt.Name)),
        });
    }
}
