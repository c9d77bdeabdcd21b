namespace ManagedOAuth.Token.TokenEndpoint.Rules;

/// <summary>
/// The client is known and is who it says. For a public client that presents its own code or token the grant answers this; otherwise
/// authorization-server is asked. That the code or token is another client's is for a later rule to say.
/// </summary>
public sealed class ClientIsAuthenticated : IRule<EndpointContext>
{
    public string Id => "token.client-is-authenticated";

    public string Spec => "OAuth 2.1 §2.4, §3.2.4";

    public async ValueTask<OAuthError?> CheckAsync(EndpointContext context, CancellationToken cancellation)
    {
        var client = context.Client;
        var isOwner = context.Owner is { } owner && string.Equals(owner.ClientId, client.ClientId, StringComparison.Ordinal);
        if (isOwner && context.Owner!.TokenEndpointAuthMethod != client.Method)
        {
            return OAuthError.InvalidClient("The client does not authenticate in the way it is registered for.", client.ByHeader);
        }

        if (isOwner && client.Method == ClientCredentials.None)
        {
            return null;
        }

        var standing = await context.Clients.AuthenticateAsync(context.Application.Id, client.ClientId, client.Secret, cancellation);
        return standing switch
        {
            { IsKnown: false } => OAuthError.InvalidClient("The client is not registered here.", client.ByHeader),
            { IsAuthenticated: false } => OAuthError.InvalidClient("The client could not be authenticated.", client.ByHeader),
            _ => null,
        };
    }
}
