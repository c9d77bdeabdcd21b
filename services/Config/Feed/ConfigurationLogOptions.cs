using System.ComponentModel.DataAnnotations;

namespace ManagedOAuth.Config.Feed;

/// <summary>How the configuration is read.</summary>
public sealed class ConfigurationLogOptions
{
    public const string Section = "Config";

    /// <summary>How long a request waits until this process has read what was saved before it; after that it is answered 503.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan ReadDeadline { get; set; } = TimeSpan.FromSeconds(5);
}
