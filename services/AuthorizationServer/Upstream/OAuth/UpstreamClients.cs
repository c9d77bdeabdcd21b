using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.KeysAtRest;
using ManagedOAuth.ServiceDefaults.Outbound;
using Marten;

namespace ManagedOAuth.AuthorizationServer.Upstream.OAuth;

/// <summary>
/// What this product is at the authorization servers of MCP servers: a client that an administrator made, one known by its metadata document,
/// or one that registers itself (in this order).
/// </summary>
public sealed class UpstreamClients(UpstreamHttp http, IDocumentStore store, ISecretBox box, TimeProvider clock)
{
    private const int MaximumText = 1024;
    private static readonly TimeSpan s_margin = TimeSpan.FromMinutes(15);

    /// <summary>The client to log in with.</summary>
    /// <param name="server">The server.</param>
    /// <param name="at">Its authorization server.</param>
    /// <param name="callback">Where the browser comes back to.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="OutboundUnavailableException">The authorization server does not answer.</exception>
    /// <exception cref="UpstreamException">It lets nobody register.</exception>
    public async Task<UpstreamClient> ForAsync(McpServer server, UpstreamAuthorization at, UpstreamCallback callback, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(at);
        ArgumentNullException.ThrowIfNull(callback);
        if (server.OauthClient is { } byHand)
        {
            if (byHand.IsSecretForAnybody)
            {
                throw new UpstreamException("The client that was entered for the server has a secret, and nothing says which authorization server it is for. An administrator has to enter its issuer at the server.");
            }

            return new UpstreamClient(byHand.ClientId, byHand.TokenEndpointAuthMethod, null);
        }

        if (at.TakesMetadataDocuments && callback.MetadataDocument is { } document)
        {
            return new UpstreamClient(document, UpstreamClient.None, null);
        }

        var id = IdOf(server.Id, at.Issuer, callback.RedirectUri);
        await using (var query = store.QuerySession())
        {
            if (await query.LoadAsync<UpstreamRegistration>(id, cancellation) is { } known && IsLasting(known))
            {
                return new UpstreamClient(known.ClientId, known.AuthMethod, known.Id);
            }
        }

        var registration = await KeepAsync(await RegisterAsync(id, server, at, callback, cancellation), cancellation);
        return new UpstreamClient(registration.ClientId, registration.AuthMethod, registration.Id);
    }

    /// <summary>The client's secret; null when it has none, or none any more for this authorization server.</summary>
    /// <param name="client">The client of a login.</param>
    /// <param name="server">The login's server as it is now; null = removed.</param>
    /// <param name="issuer">The login's authorization server.</param>
    /// <param name="tokenEndpoint">The login's token endpoint.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task<string?> SecretOfAsync(UpstreamClient client, McpServer? server, string issuer, string tokenEndpoint, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(client);
        if (client.RegistrationId is not { } id)
        {
            return server is not null && client.IsOf(server, issuer, tokenEndpoint) ? server.OauthClient?.ClientSecret : null;
        }

        await using var query = store.QuerySession();
        return await query.LoadAsync<UpstreamRegistration>(id, cancellation) is { Secret: { } secret } known && known.ClientId == client.ClientId
            ? Encoding.UTF8.GetString(box.Open(known.Purpose, secret))
            : null;
    }

    /// <summary>The authorization server no longer knows the client: the next login registers anew, unless another one has done so already.</summary>
    public async Task ForgetAsync(UpstreamClient client, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(client);
        if (client.RegistrationId is { } id)
        {
            await using var unit = store.LightweightSession();
            unit.DeleteWhere<UpstreamRegistration>("where d.id = ? and d.data ->> 'clientId' = ?", id, client.ClientId);
            await unit.SaveChangesAsync(cancellation);
        }
    }

    // Of several that registered at once the first is everybody's: a login as any other client could never be refreshed.
    private async Task<UpstreamRegistration> KeepAsync(UpstreamRegistration registration, CancellationToken cancellation)
    {
        await using var unit = store.LightweightSession();
        await unit.BeginTransactionAsync(cancellation);
        await unit.ExecuteAsync("select pg_advisory_xact_lock(hashtextextended(?, 0))", cancellation, $"upstream-registration:{registration.Id}");
        if (await unit.LoadAsync<UpstreamRegistration>(registration.Id, cancellation) is { } first && IsLasting(first))
        {
            return first;
        }

        unit.Store(registration);
        await unit.SaveChangesAsync(cancellation);
        return registration;
    }

    private bool IsLasting(UpstreamRegistration registration) => registration.SecretExpiresAt is not { } end || end > clock.GetUtcNow() + s_margin;

    private async Task<UpstreamRegistration> RegisterAsync(Guid id, McpServer server, UpstreamAuthorization at, UpstreamCallback callback, CancellationToken cancellation)
    {
        if (at.RegistrationEndpoint is not { } endpoint)
        {
            throw new UpstreamException("The server's authorization server lets no client register itself. An administrator has to make a client there and enter it at the server.");
        }

        var wanted = MethodOf(at);
        var body = new JsonObject
        {
            ["client_name"] = callback.ClientName,
            ["redirect_uris"] = new JsonArray(callback.RedirectUri),
            ["grant_types"] = new JsonArray("authorization_code", "refresh_token"),
            ["response_types"] = new JsonArray("code"),
            ["token_endpoint_auth_method"] = wanted,
        };
        if (UpstreamScopes.With(at.Scope, at.OfferedScope) is { Length: > 0 } scope)
        {
            body["scope"] = scope;
        }

        var reply = await AskAsync(endpoint, body, cancellation);
        if (reply.Status is >= 400 and < 500 && !reply.IsRateLimited && body.Remove("scope"))
        {
            // Some take only scopes that are their own, and know nothing of those of the servers that they protect.
            reply = await AskAsync(endpoint, body, cancellation);
        }

        if (!reply.IsSuccess)
        {
            throw reply.Status is >= 400 and < 500 && !reply.IsRateLimited
                ? new UpstreamException("The server's authorization server refused to register this product as a client. An administrator can make a client there by hand and enter it at the server.")
                : new OutboundUnavailableException($"{endpoint} answered {reply.Status}");
        }

        var method = reply.Text("token_endpoint_auth_method") ?? wanted;
        if (reply.Text("client_id") is not { Length: <= MaximumText } clientId || method is not (UpstreamClient.None or UpstreamClient.Basic or UpstreamClient.Post))
        {
            throw new UpstreamException("The server's authorization server answered the registration with something that is no client (RFC 7591 section 3.2.1).");
        }

        var secret = method == UpstreamClient.None ? null
            : reply.Text("client_secret") is { Length: <= MaximumText } given ? given
            : throw new UpstreamException("The server's authorization server wants a client secret and gave none.");
        return new UpstreamRegistration
        {
            Id = id,
            ServerId = server.Id,
            Issuer = at.Issuer,
            RedirectUri = callback.RedirectUri,
            ClientId = clientId,
            AuthMethod = method,
            Secret = secret is null ? null : box.Seal(UpstreamRegistration.PurposeOf(id), Encoding.UTF8.GetBytes(secret)),
            SecretExpiresAt = secret is null ? null : EndOf(reply.Json!.Value),
        };
    }

    private async Task<OutboundReply> AskAsync(string endpoint, JsonObject body, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
        return await http.SendAsync(request, cancellation);
    }

    // A secret is kept sealed here, so a client that proves itself is the better one.
    private static string MethodOf(UpstreamAuthorization at)
        => at.AuthMethods.Count == 0 || at.AuthMethods.Contains(UpstreamClient.Basic) ? UpstreamClient.Basic
            : at.AuthMethods.Contains(UpstreamClient.Post) ? UpstreamClient.Post
            : UpstreamClient.None;

    private static DateTimeOffset? EndOf(JsonElement answer)
        => answer.TryGetProperty("client_secret_expires_at", out var end) && end.ValueKind == JsonValueKind.Number && end.TryGetInt64(out var seconds) && seconds is > 0 and < 32_503_680_000
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    private static Guid IdOf(Guid server, string issuer, string redirectUri)
        => new(SHA256.HashData(Encoding.UTF8.GetBytes($"{server:N} {issuer} {redirectUri}")).AsSpan(0, 16));
}
