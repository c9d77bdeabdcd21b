using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.ServiceDefaults.Outbound;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders.Oidc;

/// <summary>
/// Any OpenID Connect provider: authorization code flow (Core §3.1) with PKCE and nonce, refresh (§12), UserInfo where the ID token does not say
/// enough (§5.3).
/// </summary>
public sealed class OidcProvider(OidcDiscovery discovery, OidcTokens tokens, IdTokenReader idTokens) : IProvider
{
    /// <inheritdoc />
    public string Type => ProviderTypes.Oidc;

    /// <inheritdoc />
    public async Task<string> AuthorizationUrlAsync(ProviderLogin login, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(login);
        var settings = SettingsOf(login.Provider);
        var endpoints = await discovery.FindAsync(settings, cancellation);
        var parameters = new List<(string, string?)>
        {
            ("response_type", "code"),
            ("client_id", settings.ClientId),
            ("redirect_uri", login.RedirectUri),
            ("scope", string.Join(' ', settings.Scopes)),
            ("state", login.State),
            ("nonce", login.Nonce),
            ("code_challenge", settings.PkceEnabled ? ChallengeOf(login.CodeVerifier) : null),
            ("code_challenge_method", settings.PkceEnabled ? "S256" : null),
        };

        // The user asked for another account, so a silent answer would be the wrong one whatever is configured.
        parameters.AddRange(settings.AuthorizationParameters.Where(pair => !(login.ForceLogin && pair.Key == "prompt")).Select(pair => (Uri.EscapeDataString(pair.Key), (string?)pair.Value)));
        if (login.ForceLogin)
        {
            parameters.Add(("prompt", settings.AuthorizationParameters.GetValueOrDefault("prompt")?.Contains("consent", StringComparison.Ordinal) == true ? "login consent" : "login"));
        }

        return RedirectTarget.With(endpoints.Authorization, [.. parameters]);
    }

    /// <inheritdoc />
    public async Task<bool> IsIssuerAsync(IdentityProvider provider, string? issuer, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(provider);
        var endpoints = await discovery.FindAsync(SettingsOf(provider), cancellation);
        return issuer is null ? !endpoints.AlwaysNamesItself : endpoints.IsIssuer(issuer);
    }

    /// <inheritdoc />
    public async Task<ProviderAnswer> RedeemAsync(ProviderLogin login, string code, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(login);
        var settings = SettingsOf(login.Provider);
        var endpoints = await discovery.FindAsync(settings, cancellation);
        var form = new Dictionary<string, string> { ["grant_type"] = "authorization_code", ["code"] = code, ["redirect_uri"] = login.RedirectUri };
        if (settings.PkceEnabled)
        {
            form["code_verifier"] = login.CodeVerifier;
        }

        var reply = await tokens.AskAsync(settings, endpoints, form, cancellation);
        if (reply.Text("error") is { } error)
        {
            return error == "invalid_client"
                ? ProviderAnswer.Refused("our_credentials", "It does not accept this product's client id or secret. An administrator has to correct them.")
                : ProviderAnswer.Refused("code_refused", "It did not accept the answer of its own sign-in. Sign in once more.");
        }

        if (reply.Text("id_token") is not { } idToken)
        {
            return ProviderAnswer.Refused("no_id_token", "It sent no ID token. It has to be an OpenID Connect provider, and the scope openid has to be allowed for this client.");
        }

        var (claims, rejection) = await idTokens.ReadAsync(idToken, settings, endpoints, login.Nonce, null, reply.Text("access_token"), cancellation);
        if (rejection is not null)
        {
            return ProviderAnswer.Refused(rejection.Error, rejection.Description);
        }

        return await MapAsync(settings, endpoints, claims, reply, cancellation) with { Credential = reply.Text("refresh_token") };
    }

    /// <inheritdoc />
    public async Task<ProviderAnswer> AskAgainAsync(IdentityProvider provider, string subject, string credential, Func<string, Task> keep, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(provider);
        ArgumentNullException.ThrowIfNull(keep);
        var settings = SettingsOf(provider);
        var endpoints = await discovery.FindAsync(settings, cancellation);
        var reply = await tokens.AskAsync(
            settings, endpoints, new Dictionary<string, string> { ["grant_type"] = "refresh_token", ["refresh_token"] = credential }, cancellation);
        switch (reply.Text("error"))
        {
            case null:
                break;
            case "invalid_grant":
                return ProviderAnswer.Refused("invalid_grant", "the identity provider ended the user's session or no longer knows the user");
            case var error:
                // Our own registration there is wrong, or something stranger: nobody said that the user is gone.
                throw new OutboundUnavailableException($"{endpoints.Token} refused a refresh: {DisplayText.Clean(error, 40)}");
        }

        if (reply.Text("refresh_token") is { } next && next != credential)
        {
            await keep(next);
        }

        if (reply.Text("id_token") is not { } idToken)
        {
            return endpoints.Userinfo is { } url && reply.Text("access_token") is { } token
                ? OidcClaims.Map(settings, subject, await tokens.UserinfoAsync(url, token, subject, cancellation))
                : throw new OutboundUnavailableException($"{endpoints.Token} gave neither an ID token nor anything to ask for claims with.");
        }

        var (claims, rejection) = await idTokens.ReadAsync(idToken, settings, endpoints, null, subject, reply.Text("access_token"), cancellation);
        return rejection is null
            ? await MapAsync(settings, endpoints, claims, reply, cancellation)
            : throw new OutboundUnavailableException($"{endpoints.Token} gave an ID token that cannot be accepted: {rejection.Error}");
    }

    /// <inheritdoc />
    public async Task<string?> EndSessionUrlAsync(IdentityProvider provider, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(provider);
        var settings = SettingsOf(provider);
        var endpoints = await discovery.FindAsync(settings, cancellation);
        return endpoints.EndSession is { } url ? RedirectTarget.With(url, ("client_id", settings.ClientId)) : null;
    }

    private async Task<ProviderAnswer> MapAsync(OidcSettings settings, OidcEndpoints endpoints, JsonElement claims, OutboundReply reply, CancellationToken cancellation)
    {
        var subject = claims.GetProperty("sub").GetString()!;
        return !OidcClaims.AreComplete(settings, claims) && endpoints.Userinfo is { } url && reply.Text("access_token") is { } token
            ? OidcClaims.Map(settings, subject, claims, await tokens.UserinfoAsync(url, token, subject, cancellation))
            : OidcClaims.Map(settings, subject, claims);
    }

    private static string ChallengeOf(string verifier) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));

    private static OidcSettings SettingsOf(IdentityProvider provider)
        => OidcSettings.Read(provider.Config) ?? throw new OutboundUnavailableException("The identity provider has no settings.");
}
