using System.Collections.Frozen;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Contracts.Portals;

/// <summary>
/// What a portal is on one snapshot: its servers, their tools and prompts under the names that clients use, and who may see and use them. Pure:
/// Edge decides with it, Config validates and shows with it.
/// </summary>
public sealed class PortalDirectory
{
    /// <summary>Most servers of a portal.</summary>
    public const int MaximumServers = 40;

    private const string ThroughPortal = "via_mcp_server_portal";
    private readonly FrozenDictionary<string, PortalServer> _byId;

    private PortalDirectory(ConfigurationSnapshot snapshot, McpPortal portal, IReadOnlyList<PortalServer> servers)
    {
        Snapshot = snapshot;
        Portal = portal;
        Servers = servers;
        _byId = servers.ToFrozenDictionary(server => server.ServerId, StringComparer.Ordinal);
    }

    /// <summary>The snapshot that everything here is decided on.</summary>
    public ConfigurationSnapshot Snapshot { get; }

    public McpPortal Portal { get; }

    /// <summary>In the portal's order; whoever they are visible to.</summary>
    public IReadOnlyList<PortalServer> Servers { get; }

    /// <summary>Builds the directory of a portal.</summary>
    /// <param name="snapshot">The configuration.</param>
    /// <param name="portal">A portal of that snapshot.</param>
    /// <param name="previous">An older directory of the same portal, whose unchanged servers are taken over.</param>
    public static PortalDirectory Build(ConfigurationSnapshot snapshot, McpPortal portal, PortalDirectory? previous = null)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(portal);
        var records = snapshot.McpServers.Values.Where(server => PortalNames.IsServerId(server.ServerId))
            .OrderBy(server => server.CreatedAt).ThenBy(server => server.Id)
            .DistinctBy(server => server.ServerId).ToDictionary(server => server.ServerId, StringComparer.Ordinal);
        var applications = snapshot.Applications.Values
            .Where(application => application.Type == ApplicationType.Mcp)
            .SelectMany(application => application.Destinations
                .Where(destination => destination is { Type: ThroughPortal, McpServerId: not null })
                .Select(destination => (Server: destination.McpServerId!, Application: application)))
            .ToLookup(entry => entry.Server, entry => entry.Application, StringComparer.Ordinal);

        var servers = new List<PortalServer>();
        foreach (var settings in portal.Servers.DistinctBy(settings => settings.ServerId).Take(MaximumServers))
        {
            if (records.GetValueOrDefault(settings.ServerId) is { } record)
            {
                var catalog = snapshot.McpCatalogs.GetValueOrDefault(McpCatalog.IdOf(record.Id));
                var own = applications[record.ServerId].OrderBy(application => application.CreatedAt).ThenBy(application => application.Id).ToList();
                var known = previous?.Find(record.ServerId);
                servers.Add(known is not null && known.IsOf(record, settings, catalog, own) ? known : new PortalServer(record, settings, catalog, own, known));
            }
        }

        return new PortalDirectory(snapshot, portal, servers);
    }

    /// <summary>A server by its id, whoever it is visible to.</summary>
    public PortalServer? Find(string serverId) => _byId.GetValueOrDefault(serverId);

    /// <summary>
    /// Whether somebody sees a server: its own policies admit them, without a doubt. A service token is never there for a server at which each
    /// user has an account of their own.
    /// </summary>
    public bool Sees(PortalVisitor visitor, PortalServer server)
    {
        ArgumentNullException.ThrowIfNull(server);
        return server.Applications.Count > 0
            && (visitor.Identity is not null || !server.PerUser)
            && server.Applications.All(application => Admits(visitor, application));
    }

    /// <summary>Whether somebody may use a tool or prompt of a server that they see.</summary>
    public bool MayUse(PortalVisitor visitor, PortalCapability capability)
    {
        ArgumentNullException.ThrowIfNull(capability);
        return capability.State == PortalCapabilityState.Available
            && (capability.Policies.Count == 0 || capability.Policies.All(policy => Admits(visitor, Asking(policy))));
    }

    /// <summary>The tool that a name means for somebody; null when for them there is none, whatever the reason.</summary>
    public (PortalServer Server, PortalCapability Tool)? ResolveTool(PortalVisitor visitor, string visibleName)
        => Resolve(visitor, visibleName, static (server, name) => server.FindTool(name));

    /// <summary>The prompt that a name means for somebody; null when for them there is none.</summary>
    public (PortalServer Server, PortalCapability Prompt)? ResolvePrompt(PortalVisitor visitor, string visibleName)
        => Resolve(visitor, visibleName, static (server, name) => server.FindPrompt(name));

    private (PortalServer, PortalCapability)? Resolve(PortalVisitor visitor, string visibleName, Func<PortalServer, string, PortalCapability?> find)
        => PortalNames.TrySplit(visibleName, out var serverId, out _)
            && Find(serverId) is { } server
            && find(server, visibleName) is { } capability
            && Sees(visitor, server)
            && MayUse(visitor, capability)
            ? (server, capability)
            : null;

    private bool Admits(PortalVisitor visitor, Application application)
    {
        var outcome = (visitor.Identity is { } user
            ? GrantAdmission.Evaluate(Snapshot, application, user, visitor.Facts)
            : PolicyEvaluator.Evaluate(Snapshot, application, null, visitor.Facts)).Outcome;
        return outcome == PolicyOutcome.Bypass || outcome == (visitor.Identity is null ? PolicyOutcome.ServiceAuth : PolicyOutcome.Allow);
    }

    // The evaluator reads policies off an application: this one stands for the tool.
    private static Application Asking(McpToolPolicy policy) => new()
    {
        Id = Guid.Empty,
        Aud = "",
        Name = "",
        Domain = "",
        Type = ApplicationType.Mcp,
        Policies = [.. policy.Policies.Select((id, index) => new PolicyReference(id, index))],
    };
}

/// <summary>Who asks at a portal.</summary>
/// <param name="Identity">The user; null for a service token.</param>
/// <param name="Facts">What is known of the request.</param>
public readonly record struct PortalVisitor(Identity? Identity, RequestFacts Facts);
