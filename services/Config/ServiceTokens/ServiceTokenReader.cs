using System.Globalization;
using System.Security.Cryptography;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Durations;

namespace ManagedOAuth.Config.ServiceTokens;

/// <summary>Reads and validates a service token from a request body; what a change leaves out stays as it is.</summary>
public static class ServiceTokenReader
{
    private const string Forever = "forever";
    private const string ClientIdEnd = ".access";
    private const int ClientIdDigits = 32;
    private static readonly TimeSpan s_shortest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(87_600);

    public static ServiceToken Read(BodyReader body, Guid id, ServiceToken? existing, ConfigurationDraft draft, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(draft);
        var duration = Duration(body, existing?.Duration ?? "8760h");
        var token = existing ?? new ServiceToken
        {
            Id = id,
            Name = "",
            ClientId = ClientId(body, draft) ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(ClientIdDigits / 2)) + ClientIdEnd,
            SecretHash = ServiceTokenSecret.Hash(ServiceTokenSecret.Create()),
        };
        return token with
        {
            Name = body.Has("name") || existing is null ? body.RequiredText("name", 200) : existing.Name,
            Duration = duration,
            ExpiresAt = Expiry(body, draft) ?? (duration == existing?.Duration ? existing.ExpiresAt : ExpiryOf(duration, now)),
            Enabled = body.Flag("enabled", existing?.Enabled ?? true),
        };
    }

    /// <summary>When a token that begins now ends; null = never.</summary>
    public static DateTimeOffset? ExpiryOf(string duration, DateTimeOffset now) => GoDuration.TryParse(duration, out var length) ? now + length : null;

    private static string Duration(BodyReader body, string fallback)
        => body.OptionalText("duration", 40) == Forever ? Forever : fallback == Forever && !body.Has("duration") ? Forever : body.Duration("duration", fallback, s_shortest, s_longest);

    // A token that moves is the same one to its machines: only the secret is another.
    private static string? ClientId(BodyReader body, ConfigurationDraft draft)
    {
        const string Member = "client_id";
        if (!draft.IsTransfer || body.OptionalText(Member, 100) is not { } text)
        {
            return null;
        }

        var wellFormed = text.Length == ClientIdDigits + ClientIdEnd.Length && text.EndsWith(ClientIdEnd, StringComparison.Ordinal) && text.Take(ClientIdDigits).All(char.IsAsciiHexDigitLower);
        if (!wellFormed)
        {
            body.Refuse(Member, $"{Member} has {ClientIdDigits} hexadecimal digits and {ClientIdEnd}");
        }
        else if (draft.Snapshot.ServiceTokens.Values.Any(other => other.ClientId == text))
        {
            body.Refuse(Member, "another service token has this client_id");
        }

        return text;
    }

    private static DateTimeOffset? Expiry(BodyReader body, ConfigurationDraft draft)
    {
        const string Member = "expires_at";
        if (!draft.IsTransfer || body.OptionalText(Member, 40) is not { } text)
        {
            return null;
        }

        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at))
        {
            return at;
        }

        body.Refuse(Member, $"{Member} is a time (RFC 3339)");
        return null;
    }
}
