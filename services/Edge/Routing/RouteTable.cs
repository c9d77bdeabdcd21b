using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Durations;

namespace ManagedOAuth.Edge.Routing;

/// <summary>The public world of one configuration snapshot: every authority that is served here. Immutable.</summary>
internal sealed class RouteTable
{
    private readonly FrozenDictionary<string, HostRoutes> _hosts;
    private readonly FrozenDictionary<Guid, ProtectedApplication> _applications;
    private readonly FrozenDictionary<string, ServiceToken> _serviceTokens;

    private RouteTable(
        ConfigurationSnapshot snapshot,
        string teamOrigin,
        Dictionary<string, HostRoutes> hosts,
        IEnumerable<ProtectedApplication> applications)
    {
        Snapshot = snapshot;
        TeamOrigin = teamOrigin;
        _hosts = hosts.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        _applications = applications.ToFrozenDictionary(application => application.Id);
        _serviceTokens = snapshot.ServiceTokens.Values
            .GroupBy(token => token.ClientId, StringComparer.Ordinal)
            .ToFrozenDictionary(same => same.Key, same => same.First(), StringComparer.Ordinal);
        AssertionIssuer = snapshot.Organization?.AuthDomain ?? teamOrigin;
        StalenessLimit = StalenessLimitOf(snapshot.Organization);
        ServesStale = snapshot.Organization?.ServeStaleRevocations ?? false;
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
    public bool TryFindHost(string authority, [NotNullWhen(true)] out HostRoutes? host) => _hosts.TryGetValue(authority, out host);

    public ProtectedApplication? FindApplication(Guid id) => _applications.GetValueOrDefault(id);

    public ServiceToken? FindServiceToken(string clientId) => _serviceTokens.GetValueOrDefault(clientId);

    /// <summary>Builds the table.</summary>
    /// <param name="snapshot">The configuration.</param>
    /// <param name="teamOrigin">Scheme and authority of the team domain.</param>
    /// <param name="dashboardOrigin">Scheme and authority of the dashboard.</param>
    public static RouteTable Build(ConfigurationSnapshot snapshot, string teamOrigin, string dashboardOrigin)
    {
        var applications = snapshot.Applications.Values
            .Where(application => application.Domain.Length > 0 && application.Type is ApplicationType.SelfHosted or ApplicationType.McpPortal)
            .OrderBy(application => application.CreatedAt).ThenBy(application => application.Id)
            .Select(application => new ProtectedApplication(snapshot, application))
            .ToList();

        var hosts = new Dictionary<string, HostRoutes>(StringComparer.OrdinalIgnoreCase);
        foreach (var doors in applications.SelectMany(DoorsOf).GroupBy(door => door.Authority, StringComparer.Ordinal))
        {
            AddHost(hosts, doors.Key, ApplicationHost(doors));
        }

        // Our own domains last: an application that claims one of them does not get it. The dashboard's is protected by such an application.
        AddOwn(hosts, HostKind.Dashboard, dashboardOrigin, hosts.GetValueOrDefault(AuthorityOf(dashboardOrigin))?.Root);
        AddOwn(hosts, HostKind.Team, teamOrigin);
        return new RouteTable(snapshot, teamOrigin, hosts, applications);
    }

    private static IEnumerable<Door> DoorsOf(ProtectedApplication application)
        => application.Record.Destinations
            .Where(destination => destination.Type == "public" && destination.Uri.Length > 0)
            .Select(destination => destination.Uri)
            .Prepend(application.Record.Domain)
            .Select(address => Door.Create(application, address))
            .DistinctBy(door => (door.Authority, door.Scope));

    private static HostRoutes ApplicationHost(IEnumerable<Door> doors)
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
