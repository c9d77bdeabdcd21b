using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Durations;

namespace ManagedOAuth.Token.Grants;

/// <summary>How long an application lets grants and their tokens live.</summary>
public sealed record GrantTimes(TimeSpan AccessTokenLifetime, TimeSpan SessionDuration, TimeSpan RefreshGrace)
{
    /// <summary>The settings of an application with Managed OAuth, which Config validated when they were stored.</summary>
    public static GrantTimes Of(Application application)
    {
        ArgumentNullException.ThrowIfNull(application);
        var settings = application.OauthConfiguration?.Grant ?? new GrantSettings();
        return new GrantTimes(
            GoDuration.Parse(settings.AccessTokenLifetime),
            GoDuration.Parse(settings.SessionDuration),
            GoDuration.Parse(settings.RefreshGrace));
    }

    /// <summary>
    /// When an access token that is made now is over. Whole seconds, because tokens hold no fractions: rounded up, so that the client gets the
    /// lifetime it is told, but never after the grant.
    /// </summary>
    public DateTimeOffset AccessTokenEnd(DateTimeOffset now, DateTimeOffset grantEnd)
    {
        var end = (now + AccessTokenLifetime).AddTicks(TimeSpan.TicksPerSecond - 1);
        return DateTimeOffset.FromUnixTimeSeconds((end < grantEnd ? end : grantEnd).ToUnixTimeSeconds());
    }

    /// <summary>How long a browser session lasts: the deciding policy's own duration, else the application's.</summary>
    public static TimeSpan BrowserSession(Application application, Policy? policy)
    {
        ArgumentNullException.ThrowIfNull(application);
        var duration = GoDuration.Parse(policy?.SessionDuration ?? application.SessionDuration);
        return duration < s_shortestSession ? s_shortestSession : duration;
    }

    // A session that is over before the browser has followed the redirect would send it round in circles.
    private static readonly TimeSpan s_shortestSession = TimeSpan.FromSeconds(5);
}
