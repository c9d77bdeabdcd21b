using System.Net.Http.Headers;
using System.Text.Json;
using ManagedOAuth.ServiceDefaults.Outbound;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders.Oidc;

/// <summary>Asks a provider's token and UserInfo endpoints.</summary>
public sealed class OidcTokens(ProviderHttp http, ClientAuthentication authentication)
{
    /// <summary>A token request (RFC 6749 §4.1.3, §6).</summary>
    /// <exception cref="OutboundUnavailableException">Anything but tokens or an error of the protocol.</exception>
    public async Task<OutboundReply> AskAsync(OidcSettings settings, OidcEndpoints endpoints, Dictionary<string, string> form, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(endpoints);
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoints.Token);
        authentication.Apply(request, form, settings, endpoints);
        request.Content = new FormUrlEncodedContent(form);
        var reply = await http.SendAsync(request, cancellation);
        return reply.Status is 200 or (>= 400 and < 500) && !reply.IsRateLimited && (reply.Status == 200 || reply.Text("error") is not null)
            ? reply
            : throw new OutboundUnavailableException($"{endpoints.Token} answered {reply.Status}");
    }

    /// <summary>The user's claims (OpenID Connect Core §5.3).</summary>
    /// <exception cref="OutboundUnavailableException">No claims, or those of somebody else (§5.3.2).</exception>
    public async Task<JsonElement> UserinfoAsync(string url, string accessToken, string subject, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        var reply = await http.SendAsync(request, cancellation);
        return reply is { Status: 200, Json: { ValueKind: JsonValueKind.Object } claims } && reply.Text("sub") == subject
            ? claims
            : throw new OutboundUnavailableException($"{url} answered {reply.Status} and no claims of this user");
    }
}
