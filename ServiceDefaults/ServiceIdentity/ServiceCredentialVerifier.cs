using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.ServiceDefaults.ServiceIdentity;

/// <summary>
/// Decides who a credential comes from. A verified one is remembered by its hash until it expires, so that its signature
/// is checked once and not on each of the thousands of calls that it is sent with.
/// </summary>
public sealed class ServiceCredentialVerifier
{
    private const int MaximumRemembered = 1024;
    private readonly ConcurrentDictionary<TokenHash, Verified> _verified = new();
    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = ServiceCredential.MaximumLength };
    private readonly TrustedServiceKeys _keys;
    private readonly TimeProvider _clock;
    private readonly TokenValidationParameters _parameters;

    internal ServiceCredentialVerifier(ServiceName service, TrustedServiceKeys keys, TimeProvider clock)
    {
        _keys = keys;
        _clock = clock;
        _parameters = new TokenValidationParameters
        {
            ValidTypes = [ServiceCredential.Type],
            ValidAlgorithms = [ServiceCredential.Algorithm],
            ValidAudience = service.Value,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            TryAllIssuerSigningKeys = true,

            // The issuer is whoever's trusted file holds the key that verifies; there is no other list of names.
            ValidateIssuer = false,
            IssuerSigningKeyResolver = (_, token, _, _) => _keys.For(token.Issuer),
            LifetimeValidator = (_, expires, _, _) => expires is { } end && IsAlive(end),
        };
    }

    /// <summary>The name of the service that signed <paramref name="credential"/> for this one; null when it proves nothing.</summary>
    public async ValueTask<string?> VerifyAsync(string? credential)
    {
        if (string.IsNullOrEmpty(credential) || credential.Length > ServiceCredential.MaximumLength)
        {
            return null;
        }

        var hash = TokenHash.Of(credential);
        // Past its end, or once its key is no longer among its owner's (taken out, or read anew), the signature decides again.
        return _verified.TryGetValue(hash, out var known) && IsAlive(known.End) && _keys.For(known.Service).Contains(known.Key)
            ? known.Service
            : await VerifySignatureAsync(credential, hash);
    }

    private async Task<string?> VerifySignatureAsync(string credential, TokenHash hash)
    {
        var result = await _handler.ValidateTokenAsync(credential, _parameters);
        if (!result.IsValid || result.SecurityToken is not JsonWebToken token)
        {
            _verified.TryRemove(hash, out _);
            return null;
        }

        // One receiver, and no longer life than we ourselves give: a credential for several would be worth stealing.
        var longest = ServiceCredential.Lifetime + ServiceCredential.ClockSkew;
        if (token.Audiences.Take(2).Count() != 1 || token.ValidTo > _clock.GetUtcNow().UtcDateTime + longest)
        {
            return null;
        }

        Remember(hash, new Verified(token.Issuer, token.ValidTo, token.SigningKey));
        return token.Issuer;
    }

    // Only credentials that verified get here, so strangers cannot fill it; the limit is for a peer gone mad.
    private void Remember(TokenHash hash, Verified verified)
    {
        if (_verified.Count >= MaximumRemembered)
        {
            foreach (var (old, entry) in _verified)
            {
                if (!IsAlive(entry.End))
                {
                    _verified.TryRemove(old, out _);
                }
            }

            if (_verified.Count >= MaximumRemembered)
            {
                _verified.Clear();
            }
        }

        _verified[hash] = verified;
    }

    private bool IsAlive(DateTime end) => _clock.GetUtcNow().UtcDateTime < end + ServiceCredential.ClockSkew;

    private sealed record Verified(string Service, DateTime End, SecurityKey Key);

    private readonly record struct TokenHash(UInt128 High, UInt128 Low)
    {
        public static TokenHash Of(string token)
        {
            Span<byte> bytes = stackalloc byte[ServiceCredential.MaximumLength * 3];
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(token, bytes)], hash);
            return new TokenHash(
                System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash),
                System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
        }
    }
}
