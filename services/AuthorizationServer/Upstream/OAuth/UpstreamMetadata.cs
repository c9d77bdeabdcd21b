using System.Text.Json;
using ManagedOAuth.AuthorizationServer.Rules;
using ManagedOAuth.Contracts.OAuth;
using ManagedOAuth.ServiceDefaults.Outbound;

namespace ManagedOAuth.AuthorizationServer.Upstream.OAuth;

/// <summary>The metadata of a resource (RFC 9728 §2) as far as it is used.</summary>
/// <param name="Resource">The server's own name for itself; it covers the server's address.</param>
/// <param name="Issuers">The authorization servers that it names and that can be used, in its order: any of them will do (RFC 9728 §7.6).</param>
/// <param name="Scope">What it says can be asked for; space-separated.</param>
public sealed record UpstreamResource(string Resource, IReadOnlyList<string> Issuers, string Scope)
{
    // Each is asked in turn while somebody waits.
    private const int MostIssuers = 3;

    /// <summary>Reads the document of the server at <paramref name="url"/>.</summary>
    /// <exception cref="UpstreamException">It is another server's, or names no usable authorization server.</exception>
    public static UpstreamResource Read(string url, JsonElement document)
    {
        var resource = UpstreamMetadata.Text(document, "resource");
        if (resource is null || !ResourceIndicator.Covers(resource, url))
        {
            throw new UpstreamException("The server's resource metadata is that of another resource (RFC 9728 section 3.3).");
        }

        var named = UpstreamMetadata.Texts(document, "authorization_servers").Take(MostIssuers).Distinct(StringComparer.Ordinal).ToList();
        var usable = named.Where(issuer => UpstreamUrls.IsUsable(issuer, url)).ToList();
        return named.Count == 0 ? new UpstreamResource(resource, [UpstreamUrls.OriginOf(url)], "")
            : usable.Count == 0 ? throw new UpstreamException("The server's resource metadata names an authorization server that is not https.")
            : new UpstreamResource(resource, usable, UpstreamMetadata.Scope(document));
    }
}

/// <summary>The metadata of an authorization server (RFC 8414 §2) as far as it is used.</summary>
/// <param name="Authorization">Its endpoints; resource and scope are not known here.</param>
/// <param name="OffersOfflineAccess">Refresh tokens are asked for with a scope.</param>
public sealed record UpstreamMetadata(UpstreamAuthorization Authorization, bool OffersOfflineAccess)
{
    private const int MaximumText = 2048;
    private const int MaximumTexts = 50;

    /// <summary>Reads the document that was found for an issuer. Every address in it is checked before anything is sent there.</summary>
    /// <exception cref="UpstreamException">It is another issuer's (RFC 8414 §3.3), without PKCE, or an address in it cannot be used.</exception>
    public static UpstreamMetadata Read(string issuer, JsonElement document)
    {
        ArgumentNullException.ThrowIfNull(issuer);
        if (Text(document, "issuer") != issuer)
        {
            throw new UpstreamException("The metadata of the server's authorization server is that of another issuer (RFC 8414 section 3.3).");
        }

        if (!Texts(document, "code_challenge_methods_supported").Contains("S256"))
        {
            throw new UpstreamException("The server's authorization server does not say that it checks PKCE with S256, without which a login there is not safe.");
        }

        return new UpstreamMetadata(
            new UpstreamAuthorization
            {
                Issuer = issuer,
                AuthorizationEndpoint = Endpoint(issuer, document, "authorization_endpoint") ?? throw Missing("authorization_endpoint"),
                TokenEndpoint = Endpoint(issuer, document, "token_endpoint") ?? throw Missing("token_endpoint"),
                RegistrationEndpoint = Endpoint(issuer, document, "registration_endpoint"),
                RevocationEndpoint = Endpoint(issuer, document, "revocation_endpoint"),
                AlwaysNamesItself = IsTrue(document, "authorization_response_iss_parameter_supported"),
                AuthMethods = Texts(document, "token_endpoint_auth_methods_supported"),
                TakesMetadataDocuments = IsTrue(document, "client_id_metadata_document_supported"),
                Resource = "",
            },
            Texts(document, "scopes_supported").Contains("offline_access"));
    }

    internal static string? Text(JsonElement document, string member)
        => document.TryGetProperty(member, out var value) && OutboundReply.TextOf(value) is { Length: > 0 and <= MaximumText } text ? text : null;

    internal static IReadOnlyList<string> Texts(JsonElement document, string member)
        => document.TryGetProperty(member, out var values) && values.ValueKind == JsonValueKind.Array
            ? [.. values.EnumerateArray().Take(MaximumTexts).Select(OutboundReply.TextOf).OfType<string>().Where(text => text.Length is > 0 and <= MaximumText)]
            : [];

    internal static string Scope(JsonElement document) => ScopeSyntax.TryNormalize(string.Join(' ', Texts(document, "scopes_supported")), out var scope) ? scope : "";

    private static string? Endpoint(string issuer, JsonElement document, string member)
        => Text(document, member) is not { } url ? null
            : UpstreamUrls.IsUsable(url, issuer) ? url
            : throw new UpstreamException($"The address {member} of the server's authorization server cannot be used: it has to be a plain https URL.");

    private static bool IsTrue(JsonElement document, string member) => document.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.True;

    private static UpstreamException Missing(string member) => new($"The metadata of the server's authorization server has no {member}.");
}
