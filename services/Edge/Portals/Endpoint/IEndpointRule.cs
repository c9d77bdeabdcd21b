using ManagedOAuth.Edge.Routing;

namespace ManagedOAuth.Edge.Portals.Endpoint;

/// <summary>One thing that every request at a portal's endpoint has to keep, before anything of it is read.</summary>
internal interface IEndpointRule
{
    /// <summary>Names the rule in metrics.</summary>
    string Id { get; }

    /// <summary>Where it is demanded.</summary>
    string Spec { get; }

    /// <summary>What is wrong; null when nothing is.</summary>
    EndpointRefusal? Check(HttpContext context, Door door);
}

/// <summary>A refusal below the protocol.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Message">What to do about it; quotes nothing of the request.</param>
internal sealed record EndpointRefusal(int Status, string Message);
