using System.Security.Claims;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.Samples;

/// <summary>
/// What a good origin does: it believes the header <c>Cf-Access-Jwt-Assertion</c> only after checking signature (keys of the team domain),
/// issuer, audience and time. This is all that an application needs to know about the proxy in front of it.
/// </summary>
public sealed class AssertionVerifier(IConfiguration configuration, TimeProvider clock) : IDisposable
{
    /// <summary>The header.</summary>
    public const string Header = "Cf-Access-Jwt-Assertion";

    private static readonly TimeSpan s_keysAreFresh = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_shortestInterval = TimeSpan.FromSeconds(2);
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false })
    {
        Timeout = TimeSpan.FromSeconds(5),
        MaxResponseContentBufferSize = 256 * 1024,
    };
    private readonly SemaphoreSlim _gate = new(1);
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };
    private volatile IReadOnlyList<SecurityKey> _keys = [];
    private long? _fetched;

    private string TeamDomain => configuration["Access:TeamDomain"] ?? throw new InvalidOperationException("Access:TeamDomain is not set.");

    /// <summary>Who sent the request.</summary>
    /// <returns>The identity, or null and the reason why there is none.</returns>
    public async Task<(ClaimsIdentity? Identity, string? Reason)> VerifyAsync(string? assertion, CancellationToken ct)
    {
        if (string.IsNullOrEmpty(assertion))
        {
            return (null, "the request carries no assertion");
        }
        if (Audience() is not { } audience)
        {
            return (null, "this origin does not know its audience tag yet (Access:Audience or Access:AudienceFile)");
        }
        var result = await ValidateAsync(assertion, audience, s_keysAreFresh, ct);
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException)
        {
            result = await ValidateAsync(assertion, audience, s_shortestInterval, ct); // signed with a key newer than those we have
        }
        return result.IsValid ? (result.ClaimsIdentity, null) : (null, result.Exception.GetType().Name);
    }

    private async Task<TokenValidationResult> ValidateAsync(string assertion, string audience, TimeSpan maxAge, CancellationToken ct) =>
        await _handler.ValidateTokenAsync(assertion, new TokenValidationParameters
        {
            ValidIssuer = TeamDomain,
            ValidAudience = audience,
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256],
            IssuerSigningKeys = await KeysAsync(maxAge, ct),
            ClockSkew = TimeSpan.FromSeconds(30),
        });

    private async Task<IReadOnlyList<SecurityKey>> KeysAsync(TimeSpan maxAge, CancellationToken ct)
    {
        await _gate.WaitAsync(ct);
        try
        {
            if (_fetched is not { } at || clock.GetElapsedTime(at) >= maxAge)
            {
                _fetched = clock.GetTimestamp();
                _keys = [.. new JsonWebKeySet(await _client.GetStringAsync(TeamDomain + "/cdn-cgi/access/certs", ct)).GetSigningKeys()];
            }
        }
        catch (Exception e) when (e is HttpRequestException or ArgumentException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            // The keys we have stay good; without any, nothing is believed.
        }
        finally
        {
            _gate.Release();
        }
        return _keys;
    }

    /// <summary>The application's audience tag: it never changes, so an origin has it in its configuration; here the host writes it into a file.</summary>
    private string? Audience() =>
        configuration["Access:Audience"] is { Length: > 0 } audience ? audience
        : configuration["Access:AudienceFile"] is { Length: > 0 } file && File.Exists(file) ? File.ReadAllText(file).Trim()
        : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        _client.Dispose();
        _gate.Dispose();
    }
}
