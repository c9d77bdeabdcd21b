using System.Net;

namespace ManagedOAuth.Token.TokenEndpoint;

/// <summary>A POST to one of our endpoints as it came, before anything was made of it.</summary>
public sealed record EndpointRequest
{
    /// <summary>The application whose domain was asked; null elsewhere.</summary>
    public Guid? ApplicationId { get; init; }

    /// <summary>That domain's public origin, from configuration.</summary>
    public required string PublicOrigin { get; init; }

    public required IPAddress ClientAddress { get; init; }

    /// <summary>The trace that the events will carry.</summary>
    public string FlowId { get; init; } = "";

    public string? ContentType { get; init; }

    /// <summary>Every Authorization header.</summary>
    public IReadOnlyList<string> Authorization { get; init; } = [];

    /// <summary>The body; null when it was longer than <see cref="FormBody.MaximumBytes"/>.</summary>
    public ReadOnlyMemory<byte>? Body { get; init; }
}
