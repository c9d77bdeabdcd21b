using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.ServiceTokens;

/// <summary>Which service tokens end soon, so that somebody extends them before their machines are shut out. Pure.</summary>
public static class ExpiringTokens
{
    /// <summary>How long before its end a token is spoken of.</summary>
    public static readonly TimeSpan Notice = TimeSpan.FromDays(7);

    /// <summary>Whether a token that can be used now ends within <see cref="Notice"/>.</summary>
    public static bool Is(ServiceToken token, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(token);
        return token is { Enabled: true, ExpiresAt: { } end } && end > now && end <= now + Notice;
    }

    /// <summary>All of them, the next one to end first.</summary>
    public static IReadOnlyList<ServiceToken> Of(ConfigurationSnapshot snapshot, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return [.. snapshot.ServiceTokens.Values.Where(token => Is(token, now)).OrderBy(token => token.ExpiresAt).ThenBy(token => token.Id)];
    }
}
