using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.AuthorizationServer.Upstream.OAuth;
using ManagedOAuth.AuthorizationServer.Upstream.Vault;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.Outbound;
using ManagedOAuth.ServiceDefaults.Snapshots;

namespace ManagedOAuth.AuthorizationServer.Upstream.Connect;

/// <summary>Begins and finishes logins at servers (OAuth 2.1 §4.1 as the client): PKCE with S256, resource indicator, one state per login.</summary>
public sealed class UpstreamConnections(
    UpstreamDiscovery discovery, UpstreamClients clients, UpstreamTokens tokens, UpstreamFlows flows, UpstreamLoginReader reader, UpstreamLogins logins, IConfigurationSnapshots snapshots)
{
    private const int MaximumCode = 4096;

    /// <summary>Begins; gives the address at the authorization server.</summary>
    /// <param name="subject">Who connects what.</param>
    /// <param name="server">The server.</param>
    /// <param name="portal">The portal that it is for; null for the administrator.</param>
    /// <param name="teamOrigin">The team domain.</param>
    /// <param name="cookie">The browser's flow cookie.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="OutboundUnavailableException">The server or its authorization server does not answer.</exception>
    /// <exception cref="UpstreamException">It cannot be connected as it is.</exception>
    public async Task<string> BeginAsync(UpstreamSubject subject, McpServer server, McpPortal? portal, string teamOrigin, string cookie, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(server);
        var found = await discovery.FindAsync(server, cancellation);
        var at = await reader.FindAsync(server.Id, subject.UserId, cancellation) is { } former && former.ServerUrl == server.Hostname && former.Issuer == found.Issuer && server.OauthClient is not { Scopes.Count: > 0 }
            ? found with { Scope = UpstreamScopes.With(found.Scope, former.WantedScope) }
            : found;
        var callback = UpstreamCallback.Of(server, portal, teamOrigin);
        var client = await clients.ForAsync(server, at, callback, cancellation);
        var flow = new UpstreamFlow
        {
            Id = UpstreamFlows.NewId(),
            Subject = subject,
            BrowserHash = FlowCookie.Hash(cookie),
            ServerUrl = server.Hostname,
            At = at,
            Client = client,
            RedirectUri = callback.RedirectUri,
        };
        await flows.KeepAsync(flow, cancellation);
        return RedirectTarget.With(
            at.AuthorizationEndpoint,
            ("response_type", "code"),
            ("client_id", client.ClientId),
            ("redirect_uri", callback.RedirectUri),
            ("scope", at.Scope.Length > 0 ? at.Scope : null),
            ("state", flow.Id),
            ("code_challenge", Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(VerifierOf(cookie, flow))))),
            ("code_challenge_method", "S256"),
            ("resource", at.Resource),

            // Only a login that asked for it may use the account while nobody is there (OpenID Connect Core §11).
            ("prompt", at.Scope.Split(' ').Contains("offline_access") ? "consent" : null));
    }

    /// <summary>
    /// Finishes, for the browser and user that the state was found to be bound to: 1 it is used up; 2 the answer is of that authorization server (RFC
    /// 9207); 3 it is no error; 4 the server is still the one that it was; 5 the code is exchanged; 6 the tokens are kept.
    /// </summary>
    /// <returns>Null when the user is connected; else why not, for people.</returns>
    /// <exception cref="OutboundUnavailableException">The authorization server does not answer.</exception>
    public async Task<string?> FinishAsync(UpstreamFlow flow, Parameters query, string cookie, string flowId, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(flow);
        ArgumentNullException.ThrowIfNull(query);
        if (!await flows.TakeAsync(flow, cancellation))
        {
            return "This answer was used already.";
        }

        if (query.Has("iss") ? query.One("iss") != flow.At.Issuer : flow.At.AlwaysNamesItself)
        {
            return "The answer came from another authorization server than the one that was asked.";
        }

        if (query.Has("error"))
        {
            if (query.One("error") == "invalid_scope" && await logins.NotGivenAsync(flow) is { Length: > 0 } refused)
            {
                return $"The server's authorization server gives no login with what calls were refused for ({refused}). Connect it once more: that is not asked for any more.";
            }

            return query.One("error") == "access_denied" ? "The sign-in there was not finished, or not allowed." : "The server's authorization server answered with an error.";
        }

        if (query.One("code") is not { Length: <= MaximumCode } code)
        {
            return "The server's authorization server answered without a code.";
        }

        const string Changed = "The server was changed meanwhile. Connect it once more.";
        if (!snapshots.Current.McpServers.TryGetValue(flow.Subject.ServerId, out var server) || server.Hostname != flow.ServerUrl
            || !flow.Client.IsOf(server, flow.At.Issuer, flow.At.TokenEndpoint))
        {
            return Changed;
        }

        var secret = await clients.SecretOfAsync(flow.Client, server, flow.At.Issuer, flow.At.TokenEndpoint, cancellation);
        if (secret is null && flow.Client.AuthMethod != UpstreamClient.None)
        {
            return Changed;
        }

        // From here on nobody may give up: the code is spent, and its tokens are kept or lost.
        var reply = await tokens.RedeemAsync(flow.At.TokenEndpoint, flow.Client, secret, code, VerifierOf(cookie, flow), flow.RedirectUri, flow.At.Resource, CancellationToken.None);
        if (reply.Tokens is not { } given)
        {
            if (reply.Error is "invalid_client" or "unauthorized_client")
            {
                await clients.ForgetAsync(flow.Client, CancellationToken.None);
                return "The server's authorization server does not know this product as a client any more. Connect it once more.";
            }

            return "The server's authorization server did not accept the answer of its own sign-in.";
        }

        await logins.ConnectedAsync(LoginOf(flow), server, given, flow.Subject.Actor, flowId);
        return null;
    }

    private static UpstreamLogin LoginOf(UpstreamFlow flow) => new()
    {
        Id = UpstreamLogin.IdOf(flow.Subject.ServerId, flow.Subject.UserId),
        ServerId = flow.Subject.ServerId,
        UserId = flow.Subject.UserId,
        ServerUrl = flow.ServerUrl,
        Resource = flow.At.Resource,
        Issuer = flow.At.Issuer,
        TokenEndpoint = flow.At.TokenEndpoint,
        RevocationEndpoint = flow.At.RevocationEndpoint,
        Client = flow.Client,
        Scope = flow.At.Scope,
        AskedScope = flow.At.Scope,
        CredentialId = "",
    };

    private static string VerifierOf(string cookie, UpstreamFlow flow) => FlowCookie.Mac(cookie, "upstream-verifier", flow.Id);
}
