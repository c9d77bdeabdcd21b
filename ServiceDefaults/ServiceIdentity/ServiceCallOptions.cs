using System.ComponentModel.DataAnnotations;

namespace ManagedOAuth.ServiceDefaults.ServiceIdentity;

/// <summary>How this service calls the others.</summary>
public sealed class ServiceCallOptions
{
    public const string Section = "ServiceCalls";

    /// <summary>How long a call may take that has no deadline of its own. After that the other service counts as away.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan Deadline { get; set; } = TimeSpan.FromSeconds(5);
}
