using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Text;
using System.Text.Json;
using ManagedOAuth.AuthorizationServer.Rules;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.ServiceDefaults.Outbound;

namespace ManagedOAuth.AuthorizationServer.Upstream.OAuth;

/// <summary>
/// Finds where one logs in at an MCP server: 1 its 401, 2 the metadata of the resource (RFC 9728), 3 the metadata of the authorization server
/// (RFC 8414, or OpenID Connect Discovery 1.0). What an administrator wrote by hand comes first.
/// </summary>
public sealed class UpstreamDiscovery(UpstreamHttp http)
{
    private const string Initialize = """
        {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"ManagedOAuth","version":"1"}}}
        """;

    /// <summary>How one logs in there.</summary>
    /// <exception cref="OutboundUnavailableException">Somebody does not answer.</exception>
    /// <exception cref="UpstreamException">What they say cannot be accepted.</exception>
    public async Task<UpstreamAuthorization> FindAsync(McpServer server, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(server);
        if (server.OauthClient is { } entered && new[] { entered.Issuer, entered.AuthorizationEndpoint, entered.TokenEndpoint }.Any(url => url is not null && !UpstreamUrls.IsUsable(url, server.Hostname)))
        {
            throw new UpstreamException("An address that was entered for the server's authorization server cannot be used: it has to be a plain https URL.");
        }

        if (server.OauthClient is { Issuer: { } named, AuthorizationEndpoint: { } authorize, TokenEndpoint: { } token } byHand)
        {
            return new UpstreamAuthorization { Issuer = named, AuthorizationEndpoint = authorize, TokenEndpoint = token, Resource = server.Hostname, Scope = string.Join(' ', byHand.Scopes) };
        }

        var (challenge, resource) = await LocateAsync(server.Hostname, cancellation);
        var found = await FirstOfAsync(server.OauthClient?.Issuer is { } chosen ? [chosen] : resource.Issuers, cancellation);
        var scope = server.OauthClient is { Scopes: { Count: > 0 } scopes } ? string.Join(' ', scopes) : ScopeOf(challenge, resource);
        return found.Authorization with
        {
            AuthorizationEndpoint = server.OauthClient?.AuthorizationEndpoint ?? found.Authorization.AuthorizationEndpoint,
            TokenEndpoint = server.OauthClient?.TokenEndpoint ?? found.Authorization.TokenEndpoint,

            // The server chose this issuer, an administrator the token endpoint: secret and tokens of the one are none of the other's.
            RevocationEndpoint = UpstreamClient.MayRevoke(server) ? found.Authorization.RevocationEndpoint : null,
            Resource = resource.Resource,
            OfferedScope = resource.Scope,
            Scope = server.OauthClient is { Scopes.Count: > 0 } || !found.OffersOfflineAccess ? scope : WithOfflineAccess(scope),
        };
    }

    // The address of a server may be the one above its endpoint, which is what asks for a login and describes itself then.
    private async Task<(UpstreamChallenge? Challenge, UpstreamResource Resource)> LocateAsync(string hostname, CancellationToken cancellation)
    {
        UpstreamException? refused = null;
        var address = new Uri(hostname);
        foreach (var candidate in McpEndpoint.Candidates(address).Select(candidate => candidate.Address).Distinct())
        {
            var url = candidate == address ? hostname : candidate.AbsoluteUri;
            var challenge = await ChallengeAsync(url, cancellation);
            try
            {
                if (await ResourceAsync(url, challenge, cancellation) is { } resource)
                {
                    return (challenge, resource);
                }
            }
            catch (UpstreamException ofAnother) when (challenge is null)
            {
                refused ??= ofAnother;
            }

            if (challenge is not null)
            {
                return (challenge, OfOrigin(url));
            }
        }

        return refused is null ? (null, OfOrigin(hostname)) : throw refused;
    }

    // The first revision with authorization had no such document: the server's origin was its own authorization server.
    private static UpstreamResource OfOrigin(string url) => new(url, [UpstreamUrls.OriginOf(url)], "");

    private async Task<UpstreamChallenge?> ChallengeAsync(string url, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent(Initialize, Encoding.UTF8, "application/json") };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        try
        {
            var reply = await http.SendAsync(request, cancellation);
            return reply.Status is StatusCodes.Status401Unauthorized ? UpstreamChallenge.Read(reply.Challenges) : null;
        }
        catch (OutboundUnavailableException)
        {
            // Its metadata may still be there; if not, that is what is reported.
            return null;
        }
    }

    private async Task<UpstreamResource?> ResourceAsync(string url, UpstreamChallenge? challenge, CancellationToken cancellation)
    {
        // An address elsewhere could be anybody's: RFC 9728 §3.3 ties the document to the server's own origin.
        var named = challenge?.ResourceMetadata is { } given && UpstreamUrls.IsUsable(given, url) && UpstreamUrls.IsSameOrigin(given, url) ? given : null;
        string[] places = [named ?? "", UpstreamUrls.WellKnown(url, "oauth-protected-resource"), UpstreamUrls.OriginOf(url) + "/.well-known/oauth-protected-resource"];
        return await FirstAsync(places, cancellation) is { } document ? UpstreamResource.Read(url, document) : null;
    }

    // The server leaves the choice to its clients (RFC 9728 §7.6): one that does not answer, or cannot be used, is passed over. Where none can, the first says why.
    private async Task<UpstreamMetadata> FirstOfAsync(IReadOnlyList<string> issuers, CancellationToken cancellation)
    {
        ExceptionDispatchInfo? first = null;
        foreach (var issuer in issuers)
        {
            try
            {
                return UpstreamMetadata.Read(issuer, await AuthorizationServerAsync(issuer, cancellation));
            }
            catch (Exception failure) when (failure is OutboundUnavailableException or UpstreamException)
            {
                first ??= ExceptionDispatchInfo.Capture(failure);
            }
        }

        first!.Throw();
        throw new UnreachableException();
    }

    private async Task<JsonElement> AuthorizationServerAsync(string issuer, CancellationToken cancellation)
    {
        string[] places =
        [
            UpstreamUrls.WellKnown(issuer, "oauth-authorization-server"),
            UpstreamUrls.WellKnown(issuer, "openid-configuration"),
            issuer.TrimEnd('/') + "/.well-known/openid-configuration",
        ];
        return await FirstAsync(places, cancellation)
            ?? throw new UpstreamException("The server's authorization server does not describe itself (RFC 8414). An administrator can enter its issuer and endpoints by hand.");
    }

    private async Task<JsonElement?> FirstAsync(IEnumerable<string> places, CancellationToken cancellation)
    {
        foreach (var place in places.Where(place => place.Length > 0).Distinct(StringComparer.Ordinal))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, place);
            request.Headers.TryAddWithoutValidation("MCP-Protocol-Version", "2025-11-25");
            var reply = await http.SendAsync(request, cancellation);
            switch (reply)
            {
                case { Status: 200, Json: { ValueKind: JsonValueKind.Object } document }:
                    return document;
                case { Status: >= 500 } or { IsRateLimited: true }:
                    throw new OutboundUnavailableException($"{place} answered {reply.Status}");
            }
        }

        return null;
    }

    private static string ScopeOf(UpstreamChallenge? challenge, UpstreamResource resource)
        => challenge?.Scope is { } wanted && ScopeSyntax.TryNormalize(wanted, out var normal) ? normal : resource.Scope;

    private static string WithOfflineAccess(string scope) => scope.Split(' ').Contains("offline_access") ? scope : $"{scope} offline_access".TrimStart();
}
