namespace ManagedOAuth.ServiceDefaults.Outbound;

/// <summary>How far requests to a server outside may reach.</summary>
public enum OutboundReach
{
    /// <summary>The internet, and the networks that this installation names (<see cref="OutboundOptions.AllowedNetworks"/>).</summary>
    Public,

    /// <summary>
    /// Also private and loopback addresses, because the server is part of the administrator's own network; never link-local ones, where machines
    /// of a cloud find their credentials.
    /// </summary>
    Configured,
}
