using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.IdentityProviders;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Portals.Servers;

/// <summary>
/// Reads the client that was registered at a server's authorization server by hand: <c>oauth_client</c> (our extension), or, as the original has it,
/// <c>auth_credentials</c> with <c>"auth_mode":"manual"</c>, flat or in the shape of <c>auth_config_summary</c>.
/// </summary>
public sealed class McpOAuthClientReader(ProviderUrls urls)
{
    private const int MostScopes = 100;
    private const int LongestSecret = 8192;

    /// <summary>The client without its secret, and the secret if the body has one.</summary>
    public (McpOAuthClient? Client, string? Secret) Read(BodyReader body, McpOAuthClient? existing)
    {
        ArgumentNullException.ThrowIfNull(body);
        var secret = body.OptionalSecret("client_secret", LongestSecret);
        if (body.Has("oauth_client"))
        {
            if (body.Nested("oauth_client") is not { } own)
            {
                return (null, secret);
            }

            secret ??= own.OptionalSecret("client_secret", LongestSecret);
            return (Read(own, own, secret is not null), secret);
        }

        if (McpCredentials.Read(body) is not { } credentials)
        {
            return (existing, secret);
        }

        if (credentials.Object is not { } settings || settings.PlainText("auth_mode") is not ("manual" or "dcr"))
        {
            body.Refuse(McpCredentials.Member, "for auth_type oauth auth_credentials is an object with auth_mode: manual (and client_id) or dcr");
            return (null, null);
        }

        if (settings.IsText("auth_mode", "dcr"))
        {
            return (null, null);
        }

        secret ??= settings.OptionalSecret("client_secret", LongestSecret);
        return (Read(settings.Nested("registration_info") ?? settings, settings.Nested("config") ?? settings, secret is not null), secret);
    }

    private McpOAuthClient Read(BodyReader registration, BodyReader endpoints, bool hasSecret)
    {
        var method = registration.OptionalText("token_endpoint_auth_method", 40) ?? (hasSecret ? "client_secret_basic" : "none");
        if (method is not ("none" or "client_secret_basic" or "client_secret_post"))
        {
            registration.Refuse("token_endpoint_auth_method", "token_endpoint_auth_method is none, client_secret_basic or client_secret_post");
        }

        var client = new McpOAuthClient
        {
            ClientId = registration.RequiredText("client_id", 2048),
            TokenEndpointAuthMethod = method,
            Issuer = urls.Read(endpoints, "issuer"),
            AuthorizationEndpoint = urls.Read(endpoints, "authorization_endpoint"),
            TokenEndpoint = urls.Read(endpoints, "token_endpoint"),
            Scopes = Scopes(registration),
        };
        if (client.IsSecretForAnybody)
        {
            endpoints.Refuse("issuer", "a client with a secret needs the issuer (or the token_endpoint) of its authorization server: without it the MCP server itself would say who is sent the secret");
        }

        return client;
    }

    private static IReadOnlyList<string> Scopes(BodyReader registration)
    {
        var scopes = registration.Has("scopes")
            ? registration.Texts("scopes", MostScopes, 256)
            : [.. (registration.OptionalText("scope", 4096) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        if (scopes.Any(scope => scope.Any(c => c is <= ' ' or > '~' or '"' or '\\')))
        {
            registration.Refuse("scopes", "a scope is printable ASCII without spaces, quotes and backslashes (RFC 6749, section 3.3)");
        }

        return scopes;
    }
}
