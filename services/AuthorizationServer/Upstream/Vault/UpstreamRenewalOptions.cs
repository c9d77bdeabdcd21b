using ManagedOAuth.Contracts.Durations;

namespace ManagedOAuth.AuthorizationServer.Upstream.Vault;

/// <summary>When logins at MCP servers are renewed that nobody uses.</summary>
public sealed class UpstreamRenewalOptions
{
    public const string Section = "Upstream";

    /// <summary>How long a login is left alone, in Go's duration syntax: 1h to 8760h; <c>0s</c> = nothing is renewed that nobody asks for. Default: 24h.</summary>
    public string RenewAfter { get; set; } = "24h";

    /// <summary>How long after somebody last had use for it a login is still renewed: 24h to 87600h. Default: 2160h (90 days).</summary>
    public string RenewFor { get; set; } = "2160h";

    internal TimeSpan Left => GoDuration.Parse(RenewAfter);

    internal TimeSpan Kept => GoDuration.Parse(RenewFor);

    internal bool IsValid
        => GoDuration.TryParse(RenewAfter, out var left) && (left == TimeSpan.Zero || (left >= TimeSpan.FromHours(1) && left <= TimeSpan.FromDays(365)))
            && GoDuration.TryParse(RenewFor, out var kept) && kept >= TimeSpan.FromHours(24) && kept <= TimeSpan.FromHours(87_600);
}
