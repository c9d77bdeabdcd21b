using ManagedOAuth.Contracts.Durations;

namespace ManagedOAuth.Config.Portals.Log;

/// <summary>Settings of the log of portals.</summary>
public sealed class PortalLogOptions
{
    public const string Section = "PortalLog";

    /// <summary>How long a day's entries are kept, in Go's duration syntax: 1h to 87600h (ten years). Default: 2160h (90 days).</summary>
    public string Retention { get; set; } = "2160h";

    internal TimeSpan Kept => GoDuration.Parse(Retention);

    internal bool IsValid => GoDuration.TryParse(Retention, out var kept) && kept >= TimeSpan.FromHours(1) && kept <= TimeSpan.FromHours(87_600);
}
