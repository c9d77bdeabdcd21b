using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.ServiceDefaults.ServiceIdentity;

/// <summary>Makes this service's credentials: one per receiver, signed once and used until a minute before its end.</summary>
public sealed class ServiceCredentials
{
    private static readonly TimeSpan s_renewBefore = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<string, Signed> _current = new(StringComparer.Ordinal);
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly SigningCredentials _signing;
    private readonly ServiceName _service;
    private readonly TimeProvider _clock;

    /// <summary>Reads the key file.</summary>
    /// <exception cref="Startup.StartupRefusedException">The file is no P-256 private key, or others may read it.</exception>
    public ServiceCredentials(ServiceName service, IOptions<ServiceIdentityOptions> options, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(options);
        _service = service;
        _clock = clock;
        _signing = new SigningCredentials(PemFiles.ReadPrivateKey(options.Value.KeyFile), ServiceCredential.Algorithm);
    }

    /// <summary>The credential to send to <paramref name="audience"/>, for the header <see cref="ServiceCredential.Header"/>.</summary>
    public string For(string audience)
    {
        var now = _clock.GetUtcNow();
        if (_current.TryGetValue(audience, out var signed) && now < signed.RenewAt && now >= signed.IssuedAt - ServiceCredential.ClockSkew)
        {
            return signed.Token;
        }

        // Two callers may sign at once; both results are good, so no lock.
        signed = Sign(audience, now);
        _current[audience] = signed;
        return signed.Token;
    }

    private Signed Sign(string audience, DateTimeOffset now)
    {
        var end = now + ServiceCredential.Lifetime;
        var token = _handler.CreateToken(new SecurityTokenDescriptor
        {
            TokenType = ServiceCredential.Type,
            Issuer = _service.Value,
            Audience = audience,
            IssuedAt = now.UtcDateTime,
            Expires = end.UtcDateTime,
            SigningCredentials = _signing,
        });
        return new Signed(token, now, end - s_renewBefore);
    }

    private sealed record Signed(string Token, DateTimeOffset IssuedAt, DateTimeOffset RenewAt);
}
