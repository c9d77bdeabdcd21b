using ManagedOAuth.Contracts.Durations;

namespace ManagedOAuth.AuthorizationServer.Directory;

/// <summary>Settings of the authentication log.</summary>
public sealed class AccessLogOptions
{
    public const string Section = "AccessLog";

    /// <summary>How long a line is kept, in Go's duration syntax: 1h to 87600h (ten years). Default: 4320h (180 days).</summary>
    public string Retention { get; set; } = "4320h";

    internal TimeSpan Kept => GoDuration.Parse(Retention);

    internal bool IsValid => GoDuration.TryParse(Retention, out var kept) && kept >= TimeSpan.FromHours(1) && kept <= TimeSpan.FromHours(87_600);
}
