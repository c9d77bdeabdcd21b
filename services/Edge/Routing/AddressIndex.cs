using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Edge.Routing;

/// <summary>Which applications have an address at an authority, the oldest first. Immutable.</summary>
internal sealed class AddressIndex
{
    private static readonly List<Guid> s_none = [];

    private readonly Dictionary<string, List<Guid>> _applications;

    private AddressIndex(Dictionary<string, List<Guid>> applications) => _applications = applications;

    /// <summary>Makes the index of these applications.</summary>
    public static AddressIndex Of(IEnumerable<Application> applications)
    {
        var index = new Dictionary<string, List<Guid>>(StringComparer.Ordinal);
        foreach (var application in applications.Where(IsServed).OrderBy(application => application.CreatedAt).ThenBy(application => application.Id))
        {
            foreach (var authority in AddressesOf(application).Select(AuthorityOf).Distinct(StringComparer.Ordinal))
            {
                if (!index.TryGetValue(authority, out var there))
                {
                    index.Add(authority, there = []);
                }

                there.Add(application.Id);
            }
        }

        return new AddressIndex(index);
    }

    /// <summary>Whether the application is reached at addresses of its own.</summary>
    public static bool IsServed(Application application) => application.Domain.Length > 0 && application.Type is ApplicationType.SelfHosted or ApplicationType.McpPortal;

    /// <summary>Every public address of an application, its domain first.</summary>
    public static IEnumerable<string> AddressesOf(Application application)
        => application.Destinations.Where(destination => destination.Type == "public" && destination.Uri.Length > 0).Select(destination => destination.Uri).Prepend(application.Domain);

    /// <summary>The applications at an authority in lower case.</summary>
    public List<Guid> Find(string authority) => _applications.GetValueOrDefault(authority) ?? s_none;

    private static string AuthorityOf(string address)
    {
        var slash = address.IndexOf('/', StringComparison.Ordinal);
        return (slash < 0 ? address : address[..slash]).ToLowerInvariant();
    }
}
