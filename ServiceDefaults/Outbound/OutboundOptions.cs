using System.ComponentModel.DataAnnotations;

namespace ManagedOAuth.ServiceDefaults.Outbound;

/// <summary>Where requests to servers outside may go, and how long they may take.</summary>
public sealed class OutboundOptions
{
    public const string Section = "Outbound";

    /// <summary>Networks that are not public and may be reached all the same, in CIDR notation. Empty by default: nothing inside can be reached.</summary>
    public IList<string> AllowedNetworks { get; } = [];

    /// <summary>How long a request of <see cref="OutboundHttp"/> may take, from the connection to the last byte of the answer.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);
}
