using System.Text.Json;
using ManagedOAuth.ServiceDefaults.Outbound;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders.Oidc;

/// <summary>Finds a provider's endpoints: as configured, or as its own description says (OpenID Connect Discovery 1.0 §4).</summary>
public sealed class OidcDiscovery(ProviderHttp http, TimeProvider clock)
{
    private readonly OutboundCache<OidcEndpoints> _known = new(clock);

    /// <summary>The endpoints.</summary>
    /// <exception cref="OutboundUnavailableException">The description cannot be read, or describes another provider.</exception>
    public Task<OidcEndpoints> FindAsync(OidcSettings settings, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return settings.UsesDiscovery
            ? FindAsync(settings, settings.IssuerUrl!, cancellation)
            : Task.FromResult(new OidcEndpoints
            {
                Issuer = settings.IssuerUrl,
                Authorization = settings.AuthUrl!,
                Token = settings.TokenUrl!,
                Keys = settings.CertsUrl!,
                Userinfo = settings.UserinfoUrl,
                EndSession = settings.EndSessionUrl,
            });
    }

    private async Task<OidcEndpoints> FindAsync(OidcSettings settings, string issuer, CancellationToken cancellation)
    {
        var found = await _known.GetAsync(
            issuer, async ct => Read(issuer, await http.GetJsonAsync(issuer.TrimEnd('/') + "/.well-known/openid-configuration", ct)), cancellation);
        return found with { Userinfo = settings.UserinfoUrl ?? found.Userinfo, EndSession = settings.EndSessionUrl ?? found.EndSession };
    }

    /// <summary>Reads a description. It has to be of this issuer (§4.3); a slash at the end may be missing where the administrator copied it.</summary>
    public static OidcEndpoints Read(string issuer, JsonElement document)
    {
        ArgumentNullException.ThrowIfNull(issuer);
        var named = Text(document, "issuer");
        if (named is null || named.TrimEnd('/') != issuer.TrimEnd('/'))
        {
            throw new OutboundUnavailableException($"The description at {issuer} is of another issuer.");
        }

        return new OidcEndpoints
        {
            Issuer = named,
            Authorization = Endpoint(issuer, document, "authorization_endpoint") ?? throw Missing(issuer, "authorization_endpoint"),
            Token = Endpoint(issuer, document, "token_endpoint") ?? throw Missing(issuer, "token_endpoint"),
            Keys = Endpoint(issuer, document, "jwks_uri") ?? throw Missing(issuer, "jwks_uri"),
            Userinfo = Endpoint(issuer, document, "userinfo_endpoint"),
            EndSession = Endpoint(issuer, document, "end_session_endpoint"),
            AlwaysNamesItself = document.TryGetProperty("authorization_response_iss_parameter_supported", out var always) && always.ValueKind == JsonValueKind.True,
            AuthMethods = document.TryGetProperty("token_endpoint_auth_methods_supported", out var methods) && methods.ValueKind == JsonValueKind.Array
                ? [.. methods.EnumerateArray().Where(method => method.ValueKind == JsonValueKind.String).Select(method => method.GetString()!)]
                : [],
        };
    }

    // A provider on https cannot send our secrets to a loopback port of this machine.
    private static string? Endpoint(string issuer, JsonElement document, string member)
        => Text(document, member) is not { } url ? null
            : OutboundHttp.IsAllowed(url) && (url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) || issuer.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
                ? url
                : throw new OutboundUnavailableException($"{member} of {issuer} is not https.");

    private static string? Text(JsonElement document, string member)
        => document.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 and <= 2048 } text ? text : null;

    private static OutboundUnavailableException Missing(string issuer, string member) => new($"The description of {issuer} has no {member}.");
}
