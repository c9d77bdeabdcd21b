using ManagedOAuth.Edge.Portals.Protocol;

namespace ManagedOAuth.Edge.Portals.Methods;

/// <summary>A method of the protocol, as a portal serves it.</summary>
internal interface IPortalMethod
{
    /// <summary>The method's name.</summary>
    string Name { get; }

    /// <summary>Whether it exists in a revision.</summary>
    bool IsIn(string revision);

    /// <summary>Serves a request.</summary>
    ValueTask<RpcAnswer> HandleAsync(PortalRequest request);
}
