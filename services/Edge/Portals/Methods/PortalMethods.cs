using System.Collections.Frozen;
using ManagedOAuth.Edge.Portals.Limits;
using ManagedOAuth.Edge.Portals.Protocol;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals.Methods;

/// <summary>Every method that a portal serves.</summary>
internal sealed class PortalMethods(IEnumerable<IPortalMethod> methods, PortalLimits limits)
{
    private readonly FrozenDictionary<string, IPortalMethod> _methods = methods.ToFrozenDictionary(method => method.Name, StringComparer.Ordinal);

    /// <summary>A method's name for metrics: what clients invent has no name of its own.</summary>
    public string NameOf(string method) => _methods.ContainsKey(method) ? method : "other";

    /// <summary>Serves a request.</summary>
    /// <remarks>Each request counts, also one that nobody behind is asked: a search costs time, and every one an entry in the log.</remarks>
    public async ValueTask<RpcAnswer> HandleAsync(PortalRequest request)
        => request.Message.Method != RequestMethods.Ping && await limits.TryCountAsync(request.Principal) is { } limited
            ? RpcAnswer.Failed(limited, PortalOutcomes.RateLimited)
            : _methods.TryGetValue(request.Message.Method, out var method) && method.IsIn(request.Revision)
            ? await method.HandleAsync(request)
            : RpcAnswer.Failed(
                new RpcError(RpcCodes.MethodNotFound, "There is no such method in this protocol revision.")
                {
                    Status = request.IsStateless ? StatusCodes.Status404NotFound : StatusCodes.Status200OK,
                },
                PortalOutcomes.InvalidRequest);
}
