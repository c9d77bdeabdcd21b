using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.ServiceTokens;

/// <summary>Service tokens in words.</summary>
public static class ServiceTokenWords
{
    private const int MostNamed = 3;

    /// <summary>Who would notice that a token is gone: the applications whose policies name it, and when it was last seen.</summary>
    /// <param name="token">The token.</param>
    /// <param name="preview">A dry run of the change; null where it would be refused.</param>
    /// <param name="now">The time.</param>
    public static IReadOnlyList<string> Use(JsonObject token, Preview? preview, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(token);
        var seen = Moments.Parse((string?)token["last_seen_at"] ?? "") is { } at ? $"It was last seen {Moments.Relative(at, now)}." : "No use of it is known.";
        return preview is null ? [seen] : [preview.ApplicationCount == 0 ? "No application's policies name it." : $"Policies of {Named(preview)} name it, or any service token.", seen];
    }

    private static string Named(Preview preview)
        => preview.ApplicationCount <= MostNamed && preview.ApplicationCount == preview.Applications.Count
            ? string.Join(", ", preview.Applications)
            : $"{Moments.Count(preview.ApplicationCount, "application")} ({string.Join(", ", preview.Applications.Take(MostNamed))}, ...)";
}
