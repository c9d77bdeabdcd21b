using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.ServiceTokens;

/// <summary>Decides which service tokens nobody uses any more. Pure.</summary>
public static class InactiveTokens
{
    /// <summary>The tokens whose time is over by the organization's setting.</summary>
    /// <param name="snapshot">The configuration.</param>
    /// <param name="lastUseOf">When a token was last used; null = never as far as is known.</param>
    /// <param name="recordedSince">Since when uses are recorded at all; null = not known yet.</param>
    /// <param name="now">The time.</param>
    public static IReadOnlyList<ServiceToken> Find(ConfigurationSnapshot snapshot, Func<Guid, DateTimeOffset?> lastUseOf, DateTimeOffset? recordedSince, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(lastUseOf);
        if (snapshot.Organization is not { ServiceTokenInactivity: { Enabled: true } setting } organization || recordedSince is not { } recording)
        {
            return [];
        }

        // What was never seen may have been used before uses were recorded: it has the whole time from the setting on, and from the
        // first start of a version that records them.
        var threshold = TimeSpan.FromDays(setting.InactivityThresholdDays);
        return [.. snapshot.ServiceTokens.Values
            .Where(token => token.Enabled || setting.Action == InactivityAction.Delete)
            .Where(token => Newest(lastUseOf(token.Id) ?? Newest(organization.UpdatedAt, recording), token.UpdatedAt) + threshold <= now)
            .OrderBy(token => token.Id)];
    }

    private static DateTimeOffset Newest(DateTimeOffset left, DateTimeOffset right) => left > right ? left : right;
}
