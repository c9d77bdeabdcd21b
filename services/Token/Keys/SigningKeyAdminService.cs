using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.Token.Keys.Signing;

namespace ManagedOAuth.Token.Keys;

/// <summary>What the admin API asks about the signing keys: when they rotate, how often, and that they do so now.</summary>
[AllowedCallers("config")]
public sealed class SigningKeyAdminService(SigningKeys keys, TimeProvider clock) : SigningKeyAdmin.SigningKeyAdminBase
{
    private const int ShortestInterval = 21;
    private const int LongestInterval = 365;

    public override Task<SigningKeySettings> Get(SigningKeySettingsRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return SettingsAsync(context.CancellationToken);
    }

    public override async Task<SigningKeySettings> Change(ChangeSigningKeysRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (request.KeyRotationIntervalDays is < ShortestInterval or > LongestInterval)
        {
            throw Identities.Invalid($"key_rotation_interval_days is from {ShortestInterval} to {LongestInterval}");
        }

        var actor = Identities.Actor(request.Actor);
        await keys.ChangeIntervalAsync(request.KeyRotationIntervalDays, actor, context.CancellationToken);
        return await SettingsAsync(context.CancellationToken);
    }

    public override async Task<SigningKeySettings> Rotate(RotateSigningKeysRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var actor = Identities.Actor(request.Actor);
        return await keys.RotateNowAsync(actor, context.CancellationToken)
            ? await SettingsAsync(context.CancellationToken)
            : throw new RpcException(new Status(StatusCode.FailedPrecondition, "the next key was published a moment ago and may not be known everywhere yet; try again in a minute"));
    }

    private async Task<SigningKeySettings> SettingsAsync(CancellationToken cancellation)
    {
        var ring = await keys.FindAsync(cancellation);
        var interval = keys.IntervalOf(ring);
        var last = ring?.Current?.ActivatedAt ?? clock.GetUtcNow();
        return new SigningKeySettings
        {
            KeyRotationIntervalDays = (int)interval.TotalDays,
            DaysUntilNextRotation = Math.Max(0, (int)Math.Ceiling((last + interval - clock.GetUtcNow()).TotalDays)),
            LastKeyRotationAt = last.ToTimestamp(),
        };
    }
}
