using System.Net;

namespace ManagedOAuth.Contracts.Policies;

/// <summary>What is known of a request without an identity provider.</summary>
public sealed record RequestFacts
{
    /// <summary>The client's address; null = unknown here (a background evaluation), which makes address rules unknown, not false.</summary>
    public IPAddress? ClientAddress { get; init; }

    /// <summary>The service token whose secret was verified with this request.</summary>
    public Guid? ServiceTokenId { get; init; }

    /// <summary>The application whose assertion was verified with this request.</summary>
    public Guid? LinkedApplicationId { get; init; }
}
