namespace ManagedOAuth.ServiceDefaults.Outbound;

/// <summary>Where requests to servers outside may go.</summary>
public sealed class OutboundOptions
{
    public const string Section = "Outbound";

    /// <summary>Networks that are not public and may be reached all the same, in CIDR notation. Empty by default: nothing inside can be reached.</summary>
    public IList<string> AllowedNetworks { get; } = [];
}
