using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Contracts.Tokens;
using ManagedOAuth.Edge.Hosting;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>What Token would hold: keys, ended grants, codes of logins. Makes tokens exactly as the contract says.</summary>
public sealed class TokenState
{
    private readonly Lock _lock = new();
    private ImmutableList<RevokedGrant> _revoked = [];
    private ImmutableDictionary<Guid, (byte[] Id, byte[] Key)> _sealingKeys = ImmutableDictionary<Guid, (byte[], byte[])>.Empty;

    public RsaSecurityKey Rsa { get; } = new(RSA.Create(2048)) { KeyId = "rsa-1" };

    public ECDsaSecurityKey Ec { get; } = new(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = "ec-1" };

    public string Issuer { get; set; } = "http://localhost:8702";

    /// <summary>When set, feeds tell this as their last read: an outage of the database.</summary>
    public DateTimeOffset? FrozenReadAt { get; set; }

    public ConcurrentDictionary<string, RedeemSessionReply> Codes { get; } = new();

    public ConcurrentQueue<EndSessionRequest> Ended { get; } = new();

    /// <summary>The grants that edges told uses of.</summary>
    public ConcurrentQueue<string> Used { get; } = new();

    private int _minted;

    public int Minted => _minted;

    /// <summary>While true no linked assertion is made.</summary>
    public bool RefusesLinks { get; set; }

    public void CountMinted() => Interlocked.Increment(ref _minted);

    public event Action? Changed;

    public ImmutableList<RevokedGrant> Revoked => _revoked;

    public ImmutableDictionary<Guid, (byte[] Id, byte[] Key)> SealingKeys => _sealingKeys;

    public void AddKey(Guid application) => PutKey(application, (RandomNumberGenerator.GetBytes(8), RandomNumberGenerator.GetBytes(32)));

    public void PutKey(Guid application, (byte[] Id, byte[] Key) key)
    {
        lock (_lock)
        {
            _sealingKeys = _sealingKeys.SetItem(application, key);
        }

        Changed?.Invoke();
    }

    /// <summary>Service tokens, by their client ids, whose assertions end within moments.</summary>
    public ConcurrentBag<string> ShortLived { get; } = [];

    public void Revoke(Guid grant, Guid? token = null)
    {
        lock (_lock)
        {
            _revoked = _revoked.Add(new RevokedGrant { GrantId = grant.ToString(), TokenId = token?.ToString() ?? "", LeavesAt = DateTimeOffset.UtcNow.AddHours(1).ToTimestamp() });
        }

        Changed?.Invoke();
    }

    public string Assertion(Application application, Guid grant, string email = "alice@example.com", DateTimeOffset? end = null, bool es256 = false, Action<Dictionary<string, object>>? change = null)
    {
        var now = DateTimeOffset.UtcNow;
        var claims = new Dictionary<string, object>
        {
            ["aud"] = new[] { application.Aud },
            ["iss"] = Issuer,
            ["email"] = email,
            ["sub"] = Guid.NewGuid().ToString(),
            ["type"] = "app",
            ["identity_nonce"] = Base64Url.EncodeToString(grant.ToByteArray(bigEndian: true)),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["nbf"] = now.ToUnixTimeSeconds(),
            ["exp"] = (end ?? now.AddHours(1)).ToUnixTimeSeconds(),
        };
        change?.Invoke(claims);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
            JsonSerializer.Serialize(claims), es256 ? new SigningCredentials(Ec, SecurityAlgorithms.EcdsaSha256) : new SigningCredentials(Rsa, SecurityAlgorithms.RsaSha256));
    }

    public string AccessToken(Application application, Guid? grant = null, string email = "alice@example.com", DateTimeOffset? end = null, Func<AccessTokenPayload, AccessTokenPayload>? change = null)
    {
        var id = grant ?? Guid.NewGuid();
        var payload = new AccessTokenPayload
        {
            GrantId = id,
            TokenId = Guid.NewGuid(),
            Audience = application.Aud,
            IssuedAt = DateTimeOffset.UtcNow,
            ExpiresAt = end ?? DateTimeOffset.UtcNow.AddMinutes(15),
            Scope = "",
            ClientId = "client",
            Assertion = Assertion(application, id, email),
        };
        var (keyId, key) = _sealingKeys[application.Id];
        using var cipher = new AesGcm(key, 16);
        return SealedAccessToken.Seal(change?.Invoke(payload) ?? payload, keyId, cipher);
    }

    public byte[] Jwks()
    {
        var rsa = JsonWebKeyConverter.ConvertFromRSASecurityKey(Rsa);
        var ec = JsonWebKeyConverter.ConvertFromECDsaSecurityKey(Ec);
        return Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new
        {
            keys = new object[]
            {
                new { kty = "RSA", kid = rsa.Kid, use = "sig", alg = "RS256", n = rsa.N, e = rsa.E },
                new { kty = "EC", kid = ec.Kid, use = "sig", alg = "ES256", crv = ec.Crv, x = ec.X, y = ec.Y },
            },
        }));
    }

    public void OnChange(Action action) => Changed += action;

    public void Off(Action action) => Changed -= action;
}

[AllowedCallers("edge")]
public sealed class SessionsServer(TokenState state, ConfigurationState configuration) : EdgeSessions.EdgeSessionsBase
{
    public override Task<RedeemSessionReply> RedeemSession(RedeemSessionRequest request, ServerCallContext context)
        => state.Codes.TryRemove(request.Code, out var reply)
            ? Task.FromResult(reply)
            : throw new RpcException(new Status(StatusCode.NotFound, "no such code"));

    public override Task<MintServiceAssertionReply> MintServiceAssertion(MintServiceAssertionRequest request, ServerCallContext context)
    {
        state.CountMinted();
        var json = configuration.Changes.Last(change => change.Id == request.ApplicationId).Json;
        var application = JsonSerializer.Deserialize(json.Span, ConfigurationJson.Default.Application)!;
        var assertion = state.Assertion(application, Guid.NewGuid(), change: claims =>
        {
            claims.Remove("email");
            claims.Remove("identity_nonce");
            claims["sub"] = "";
            claims["common_name"] = request.ClientId;
        });
        var life = state.ShortLived.Contains(request.ClientId) ? TimeSpan.FromSeconds(2) : TimeSpan.FromHours(1);
        return Task.FromResult(new MintServiceAssertionReply { Assertion = assertion, ExpiresAt = (DateTimeOffset.UtcNow + life).ToTimestamp() });
    }

    public override Task<MintLinkedAssertionReply> MintLinkedAssertion(MintLinkedAssertionRequest request, ServerCallContext context)
    {
        state.CountMinted();
        if (state.RefusesLinks)
        {
            throw new RpcException(new Status(StatusCode.PermissionDenied, "as the test wants it"));
        }

        var json = configuration.Changes.Last(change => change.Id == request.ApplicationId).Json;
        var application = JsonSerializer.Deserialize(json.Span, ConfigurationJson.Default.Application)!;
        return Task.FromResult(new MintLinkedAssertionReply
        {
            Assertion = state.Assertion(application, Guid.NewGuid(), "linked@example.com", change: claims => claims["linked_app_uid"] = Guid.NewGuid().ToString()),
            ExpiresAt = DateTimeOffset.UtcNow.AddHours(1).ToTimestamp(),
        });
    }

    public override Task<EndSessionReply> EndSession(EndSessionRequest request, ServerCallContext context)
    {
        state.Ended.Enqueue(request);
        state.Revoke(Guid.Parse(request.GrantId));
        return Task.FromResult(new EndSessionReply());
    }
}

[AllowedCallers("edge")]
public sealed class GrantUsesServer(TokenState state) : GrantUses.GrantUsesBase
{
    public override Task<GrantUsesReply> Report(GrantUsesReport request, ServerCallContext context)
    {
        foreach (var use in request.Uses)
        {
            state.Used.Enqueue(use.GrantId);
        }

        return Task.FromResult(new GrantUsesReply());
    }
}

[AllowedCallers("edge")]
public sealed class RevocationServer(TokenState state) : RevocationFeed.RevocationFeedBase
{
    public override async Task Watch(RevocationRequest request, IServerStreamWriter<RevocationFrame> responseStream, ServerCallContext context)
    {
        using var changed = new WakeSignal();
        state.OnChange(changed.Wake);
        try
        {
            var sent = request.Epoch == "test" ? (int)request.AfterPosition : 0;
            var first = sent == 0;
            while (!context.CancellationToken.IsCancellationRequested)
            {
                var revoked = state.Revoked;
                var frame = new RevocationFrame { Epoch = "test", Position = revoked.Count, ReadAt = (state.FrozenReadAt ?? DateTimeOffset.UtcNow).ToTimestamp(), Snapshot = first };
                frame.Grants.AddRange(revoked.Skip(sent));
                await responseStream.WriteAsync(frame);
                (sent, first) = (revoked.Count, false);
                await changed.WaitAsync(TimeSpan.FromMilliseconds(300), context.CancellationToken);
            }
        }
        finally
        {
            state.Off(changed.Wake);
        }
    }
}

[AllowedCallers("edge")]
public sealed class KeysServer(TokenState state) : Keys.KeysBase
{
    public override async Task Watch(KeysRequest request, IServerStreamWriter<KeysFrame> responseStream, ServerCallContext context)
    {
        using var changed = new WakeSignal();
        state.OnChange(changed.Wake);
        try
        {
            while (!context.CancellationToken.IsCancellationRequested)
            {
                var frame = new KeysFrame { ReadAt = DateTimeOffset.UtcNow.ToTimestamp(), Jwks = ByteString.CopyFrom(state.Jwks()) };
                frame.SealingKeys.AddRange(state.SealingKeys.Select(entry => new SealingKey
                {
                    ApplicationId = entry.Key.ToString(),
                    KeyId = ByteString.CopyFrom(entry.Value.Id),
                    Key = ByteString.CopyFrom(entry.Value.Key),
                    NotAfter = new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero).ToTimestamp(),
                }));
                await responseStream.WriteAsync(frame);
                await changed.WaitAsync(TimeSpan.FromSeconds(1), context.CancellationToken);
            }
        }
        finally
        {
            state.Off(changed.Wake);
        }
    }
}
