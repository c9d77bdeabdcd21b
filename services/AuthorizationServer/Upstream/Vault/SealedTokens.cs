using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using ManagedOAuth.AuthorizationServer.Upstream.OAuth;
using ManagedOAuth.ServiceDefaults.KeysAtRest;

namespace ManagedOAuth.AuthorizationServer.Upstream.Vault;

/// <summary>The tokens of logins at MCP servers, sealed by this service's keys at rest for one server at one address and one user.</summary>
public sealed class SealedTokens(ISecretBox box, TimeProvider clock)
{
    /// <summary>The tokens in clear; null when there are none any more.</summary>
    public UpstreamSecrets? Open(UpstreamLogin login)
    {
        ArgumentNullException.ThrowIfNull(login);
        return login.Tokens is { } tokens
            ? JsonSerializer.Deserialize(box.Open(UpstreamLogin.PurposeOf(login.ServerId, login.UserId, login.ServerUrl), tokens), UpstreamSecretsJson.Default.UpstreamSecrets)
            : null;
    }

    /// <summary>The login with other tokens.</summary>
    /// <param name="login">The login.</param>
    /// <param name="tokens">What its authorization server gave.</param>
    /// <param name="refreshTokenBefore">Stays where there is no other one (RFC 6749 §6).</param>
    /// <param name="credentialId">See <see cref="NewCredentialId"/>.</param>
    public UpstreamLogin Put(UpstreamLogin login, UpstreamTokenSet tokens, string? refreshTokenBefore, string credentialId)
    {
        ArgumentNullException.ThrowIfNull(login);
        ArgumentNullException.ThrowIfNull(tokens);
        var now = clock.GetUtcNow();
        var secrets = new UpstreamSecrets(tokens.AccessToken, tokens.RefreshToken ?? refreshTokenBefore);
        return login with
        {
            Tokens = box.Seal(UpstreamLogin.PurposeOf(login.ServerId, login.UserId, login.ServerUrl), JsonSerializer.SerializeToUtf8Bytes(secrets, UpstreamSecretsJson.Default.UpstreamSecrets)),
            CredentialId = credentialId,
            ExpiresAt = now + tokens.Life,
            RefreshedAt = now,
            Scope = tokens.Scope ?? login.Scope,
            Account = tokens.Account.Length > 0 ? tokens.Account : login.Account,
            Stale = null,
            Turn = null,
            TurnEndsAt = null,
        };
    }

    /// <summary>Random, another one for each access token.</summary>
    public static string NewCredentialId() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(UpstreamSecrets))]
internal sealed partial class UpstreamSecretsJson : JsonSerializerContext;
