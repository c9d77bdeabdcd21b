using System.Globalization;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.ServiceTokens;

/// <summary>
/// The secret of a service token as it changes: by <c>/rotate</c>, or by a PUT or PATCH with a greater <c>client_secret_version</c>. For a while, and
/// no longer than <c>previous_client_secret_expires_at</c>, the secret before is honoured beside the new one. Pure but for the secret that it is given.
/// </summary>
public static class ServiceTokenRotation
{
    /// <summary>Until when the previous secret is honoured.</summary>
    public const string GraceMember = "previous_client_secret_expires_at";

    private const string VersionMember = "client_secret_version";
    private static readonly TimeSpan s_longestGrace = TimeSpan.FromDays(30);

    /// <summary>A new token, with the version that the caller counts from.</summary>
    public static ServiceToken Begin(BodyReader body, ServiceToken token, string secret, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(token);
        return token with
        {
            SecretHash = ServiceTokenSecret.Hash(secret),
            ClientSecretVersion = body.Number(VersionMember, 1, int.MaxValue) ?? 1,
            PreviousSecretExpiresAt = Grace(body, null, now),
        };
    }

    /// <summary>The token with another secret. Without a time the previous one is dead at once.</summary>
    public static ServiceToken Rotate(BodyReader body, ServiceToken token, string secret, DateTimeOffset now, int? version = null)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(token);
        var grace = Grace(body, null, now);
        return token with
        {
            SecretHash = ServiceTokenSecret.Hash(secret),
            PreviousSecretHash = grace > now ? token.SecretHash : null,
            PreviousSecretExpiresAt = grace,
            ClientSecretVersion = version ?? token.ClientSecretVersion + 1,
        };
    }

    /// <summary>What a changed object says about the secret: a greater version rotates it; a time alone moves the end of the previous one, or ends it now.</summary>
    public static ServiceToken Change(BodyReader body, ServiceToken token, string secret, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(token);
        var version = body.Number(VersionMember, 1, int.MaxValue) ?? token.ClientSecretVersion;
        if (version > token.ClientSecretVersion)
        {
            return Rotate(body, token, secret, now, version);
        }

        if (version < token.ClientSecretVersion)
        {
            body.Refuse(VersionMember, string.Create(CultureInfo.InvariantCulture, $"{VersionMember} is {token.ClientSecretVersion} now; a greater one rotates the secret, a smaller one does not bring an old one back"));
        }

        if (!body.Has(GraceMember))
        {
            return token;
        }

        var grace = Grace(body, token.PreviousSecretExpiresAt, now);
        return token with { PreviousSecretExpiresAt = grace, PreviousSecretHash = grace > now ? token.PreviousSecretHash : null };
    }

    private static DateTimeOffset? Grace(BodyReader body, DateTimeOffset? before, DateTimeOffset now)
    {
        if (body.OptionalText(GraceMember, 40) is not { } text)
        {
            return null;
        }

        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) && (at <= now + s_longestGrace || at == before))
        {
            return at;
        }

        body.Refuse(GraceMember, $"{GraceMember} is a time (RFC 3339), at most 30 days from now; one that has passed ends the previous secret at once");
        return null;
    }
}
