using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Durations;

namespace ManagedOAuth.Edge.Routing;

/// <summary>
/// The public world of one configuration snapshot: every authority that is served here. What is behind an authority is made when it is asked for first,
/// so that a change of the configuration costs next to nothing, however many applications there are.
/// </summary>
internal sealed class RouteTable
{
    private readonly AddressIndex _addresses;
    private readonly FrozenDictionary<string, HostRoutes> _own;
    private readonly ConcurrentDictionary<string, HostRoutes> _hosts = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<Guid, ProtectedApplication> _applications = new();
    private readonly Dictionary<string, ServiceToken> _serviceTokens;

    private RouteTable(ConfigurationSnapshot snapshot, string teamOrigin, string dashboardOrigin, RouteTable? previous)
    {
        Snapshot = snapshot;
        TeamOrigin = teamOrigin;
        _addresses = previous is not null && ReferenceEquals(previous.Snapshot.Applications, snapshot.Applications) ? previous._addresses : AddressIndex.Of(snapshot.Applications.Values);
        _serviceTokens = previous is not null && ReferenceEquals(previous.Snapshot.ServiceTokens, snapshot.ServiceTokens)
            ? previous._serviceTokens
            : snapshot.ServiceTokens.Values.GroupBy(token => token.ClientId, StringComparer.Ordinal).ToDictionary(same => same.Key, same => same.First(), StringComparer.Ordinal);
        AssertionIssuer = snapshot.Organization?.AuthDomain ?? teamOrigin;
        StalenessLimit = StalenessLimitOf(snapshot.Organization);
        ServesStale = snapshot.Organization?.ServeStaleRevocations ?? false;

        // Our own domains last: an application that claims one of them does not get it. The dashboard's is protected by such an application.
        var own = new Dictionary<string, HostRoutes>(StringComparer.OrdinalIgnoreCase);
        AddOwn(own, HostKind.Dashboard, dashboardOrigin, RoutesOf(AuthorityOf(dashboardOrigin))?.Root);
        AddOwn(own, HostKind.Team, teamOrigin);
        _own = own.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    public ConfigurationSnapshot Snapshot { get; }

    /// <summary>Scheme and authority of the team domain.</summary>
    public string TeamOrigin { get; }

    /// <summary><c>iss</c> of assertions.</summary>
    public string AssertionIssuer { get; }

    /// <summary>How old what the edge knows may be before token-bearing requests are answered 503.</summary>
    public TimeSpan StalenessLimit { get; }

    /// <summary>Whether requests are served beyond the limit all the same.</summary>
    public bool ServesStale { get; }

    /// <summary>Finds what is behind an authority, in any case of its letters and with or without its scheme's own port.</summary>
    public bool TryFindHost(string authority, [NotNullWhen(true)] out HostRoutes? host)
    {
        if (_own.TryGetValue(authority, out host) || _hosts.TryGetValue(authority, out host))
        {
            return true;
        }

        // Only what there is gets a place here: requests for invented hosts fill nothing.
        host = RoutesOf(authority);
        if (host is not null)
        {
            host = _hosts.GetOrAdd(authority, host);
        }

        return host is not null;
    }

    public ProtectedApplication? FindApplication(Guid id)
        => _applications.TryGetValue(id, out var known) ? known
            : Snapshot.Applications.TryGetValue(id, out var application) && AddressIndex.IsServed(application)
                ? _applications.GetOrAdd(id, (_, record) => new ProtectedApplication(Snapshot, record), application)
                : null;

    public ServiceToken? FindServiceToken(string clientId) => _serviceTokens.GetValueOrDefault(clientId);

    /// <summary>Builds the table.</summary>
    /// <param name="snapshot">The configuration.</param>
    /// <param name="teamOrigin">Scheme and authority of the team domain.</param>
    /// <param name="dashboardOrigin">Scheme and authority of the dashboard.</param>
    /// <param name="previous">The table before: what did not change is taken over from it.</param>
    public static RouteTable Build(ConfigurationSnapshot snapshot, string teamOrigin, string dashboardOrigin, RouteTable? previous = null)
        => new(snapshot, teamOrigin, dashboardOrigin, previous);

    private HostRoutes? RoutesOf(string authority)
    {
        var name = authority.ToLowerInvariant();
        if (_addresses.Find(name).Count == 0)
        {
            name = WithoutDefaultPort(name);
        }

        var doors = _addresses.Find(name).Select(id => FindApplication(id)!).SelectMany(DoorsOf).Where(door => door.Authority == name).ToList();
        return doors.Count == 0 ? null : ApplicationHost(doors);
    }

    // A host without a port has its scheme's own one too.
    private static string WithoutDefaultPort(string authority)
    {
        var host = Contracts.OAuth.PublicOrigin.HostOf(authority);
        if (host.Length == 0 || host.Length == authority.Length)
        {
            return authority;
        }

        var standard = Contracts.OAuth.PublicOrigin.Of(host).StartsWith("https:", StringComparison.Ordinal) ? ":443" : ":80";
        return authority.Length == host.Length + standard.Length && authority.EndsWith(standard, StringComparison.Ordinal) ? host : authority;
    }

    private static IEnumerable<Door> DoorsOf(ProtectedApplication application)
        => AddressIndex.AddressesOf(application.Record)
            .Select(address => Door.Create(application, address))
            .DistinctBy(door => (door.Authority, door.Scope));

    private static HostRoutes ApplicationHost(List<Door> doors)
    {
        // Of two applications with the same address the older keeps it (the order of the sequence); Config refuses the second.
        var ordered = doors.DistinctBy(door => door.Scope).OrderByDescending(door => door.Scope.Length).ToArray();
        return new HostRoutes
        {
            Kind = HostKind.Applications,
            PublicOrigin = ordered[0].PublicOrigin,
            Doors = ordered,
            IsStrict = ordered.Any(door => door.Scope.Length > 0 || door.Application.HasBypass),
        };
    }

    private static void AddOwn(Dictionary<string, HostRoutes> hosts, HostKind kind, string origin, Door? door = null)
        => AddHost(hosts, AuthorityOf(origin), new HostRoutes { Kind = kind, PublicOrigin = origin, IsStrict = true, Doors = door is null ? [] : [door] });

    private static string AuthorityOf(string origin) => origin[(origin.IndexOf("//", StringComparison.Ordinal) + 2)..];

    private static void AddHost(Dictionary<string, HostRoutes> hosts, string authority, HostRoutes routes)
    {
        hosts[authority] = routes;
        if (Contracts.OAuth.PublicOrigin.HostOf(authority).Length == authority.Length)
        {
            hosts[authority + (routes.PublicOrigin.StartsWith("https:", StringComparison.Ordinal) ? ":443" : ":80")] = routes;
        }
    }

    private static TimeSpan StalenessLimitOf(Organization? organization)
    {
        var limit = GoDuration.TryParse(organization?.RevocationStalenessLimit, out var set) ? set : TimeSpan.FromSeconds(60);
        return limit < TimeSpan.FromSeconds(10) ? TimeSpan.FromSeconds(10) : limit > TimeSpan.FromHours(1) ? TimeSpan.FromHours(1) : limit;
    }
}
