using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Token.Clients;
using ManagedOAuth.Token.Configuration;

namespace ManagedOAuth.Token.TokenEndpoint;

/// <summary>What the endpoints that clients call have in common: the request, who calls, and for which application.</summary>
public abstract class EndpointContext
{
    public required EndpointRequest Request { get; init; }

    /// <summary>The configuration that this request is decided on, all of it.</summary>
    public required CurrentConfiguration Configuration { get; init; }

    public required IClientDirectory Clients { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>Set by <c>FormIsWellFormed</c>.</summary>
    public FormBody Form { get; set; } = new();

    /// <summary>Set by <c>ApplicationIsManaged</c>.</summary>
    public Application Application { get; set; } = null!;

    /// <summary>Set by <c>ClientIsNamed</c>.</summary>
    public ClientCredentials Client { get; set; } = new("", null, ClientCredentials.None);

    /// <summary>The client that the presented code or token was issued to, where one was found; set by the rule that reads it.</summary>
    public CredentialOwner? Owner { get; set; }
}

/// <summary>Whose a presented code or token is, as the grant (to be) carries it.</summary>
/// <param name="ClientId">The client.</param>
/// <param name="TokenEndpointAuthMethod">How it authenticates; <c>none</c> for a public client.</param>
public sealed record CredentialOwner(string ClientId, string TokenEndpointAuthMethod);
