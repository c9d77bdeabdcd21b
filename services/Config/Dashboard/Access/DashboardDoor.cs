using System.Net;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.OAuth;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Config.Dashboard.Access;

/// <summary>The application that has the dashboard's domain: its policies decide who gets in at all, and <see cref="DashboardAuthority"/> what they may do there.</summary>
public static class DashboardDoor
{
    /// <summary>The application; none while nothing protects the dashboard. Two cannot have the same address.</summary>
    /// <param name="snapshot">The configuration.</param>
    /// <param name="origin">Scheme and authority of the dashboard, as the edge has them.</param>
    public static IEnumerable<Application> Find(ConfigurationSnapshot snapshot, string origin)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return snapshot.Applications.Values.Where(application =>
            application.Destinations.Select(destination => destination.Uri).Prepend(application.Domain).Any(address => address.Length > 0 && PublicOrigin.Of(address) == origin && !address.Contains('/', StringComparison.Ordinal)));
    }

    /// <summary>Whether this user would be let in, by their identity provider and by the policies: never without an application, as nobody is a user of the dashboard then.</summary>
    /// <param name="snapshot">The configuration to decide on.</param>
    /// <param name="origin">Scheme and authority of the dashboard; null = not known, which lets nobody in.</param>
    /// <param name="identity">The user, as the edge verified them.</param>
    /// <param name="address">Where they come from.</param>
    public static bool Admits(ConfigurationSnapshot snapshot, string? origin, Identity identity, IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(identity);
        var doors = origin is null ? [] : Find(snapshot, origin).ToList();
        return doors.Count > 0 && doors.TrueForAll(door => GrantAdmission.Evaluate(snapshot, door, identity, new RequestFacts { ClientAddress = address }).AdmitsUser);
    }
}
