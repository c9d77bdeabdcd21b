namespace ManagedOAuth.ServiceDefaults.Countries;

/// <summary>Settings of the section <c>Geo</c>.</summary>
public sealed class CountryOptions
{
    /// <summary>The section.</summary>
    public const string Section = "Geo";

    /// <summary>A file with networks and their countries (<see cref="Contracts.Policies.CountryNetworks.Read"/>); empty = no country is known, and no <c>geo</c> rule decides.</summary>
    public string Networks { get; set; } = "";
}
