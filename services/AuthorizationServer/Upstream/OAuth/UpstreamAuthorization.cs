namespace ManagedOAuth.AuthorizationServer.Upstream.OAuth;

/// <summary>How one logs in at a server: its authorization server's endpoints, and what to ask there.</summary>
public sealed record UpstreamAuthorization
{
    /// <summary>The authorization server; every answer that names another one is refused (RFC 9207 §2.4).</summary>
    public required string Issuer { get; init; }

    public required string AuthorizationEndpoint { get; init; }

    public required string TokenEndpoint { get; init; }

    /// <summary>RFC 7591; null = clients cannot register themselves.</summary>
    public string? RegistrationEndpoint { get; init; }

    /// <summary>RFC 7009; null = tokens cannot be revoked.</summary>
    public string? RevocationEndpoint { get; init; }

    /// <summary>It names itself in every answer (RFC 9207 §3), so one that does not is none of its own.</summary>
    public bool AlwaysNamesItself { get; init; }

    /// <summary><c>token_endpoint_auth_methods_supported</c>; empty = it does not say.</summary>
    public IReadOnlyList<string> AuthMethods { get; init; } = [];

    /// <summary>Clients may be known by a metadata document (<c>client_id_metadata_document_supported</c>).</summary>
    public bool TakesMetadataDocuments { get; init; }

    /// <summary>What tokens are asked for (RFC 8707): the server's own name for itself.</summary>
    public required string Resource { get; init; }

    /// <summary>Space-separated; may be empty.</summary>
    public string Scope { get; init; } = "";

    /// <summary>What else the server says can be asked for: a client that registers itself may want it later.</summary>
    public string OfferedScope
    {
        // Null in logins that a version before began.
        get => field ?? "";
        init;
    }
}
