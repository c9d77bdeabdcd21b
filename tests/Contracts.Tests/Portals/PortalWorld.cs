using System.Collections.Immutable;
using System.Text.Json;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Portals;

namespace ManagedOAuth.Contracts.Tests.Portals;

/// <summary>Makes the configuration of one portal.</summary>
internal sealed class PortalWorld
{
    private readonly List<McpPortalServer> _settings = [];
    private ConfigurationSnapshot _snapshot = ConfigurationSnapshot.Empty;

    public Policy Policy(PolicyAction action, params Rule[] include)
    {
        var policy = new Policy { Id = Guid.NewGuid(), Name = "p", Decision = action, Include = include };
        _snapshot = _snapshot with { Policies = _snapshot.Policies.SetItem(policy.Id, policy) };
        return policy;
    }

    public void Add(GeneratedPolicies generated) => _snapshot = _snapshot with
    {
        Policies = _snapshot.Policies.SetItems(generated.Policies.Select(policy => KeyValuePair.Create(policy.Id, policy))),
        Groups = _snapshot.Groups.SetItems(generated.Groups.Select(group => KeyValuePair.Create(group.Id, group))),
        Lists = _snapshot.Lists.SetItems(generated.Lists.Select(list => KeyValuePair.Create(list.Id, list))),
    };

    public void Server(
        string id,
        IEnumerable<string> tools,
        Policy[]? policies = null,
        Func<McpServer, McpServer>? server = null,
        Func<McpPortalServer, McpPortalServer>? settings = null,
        Func<McpDefinition, McpDefinition>? definition = null,
        IEnumerable<string>? prompts = null)
    {
        var record = new McpServer { Id = Guid.NewGuid(), ServerId = id, Name = id, Hostname = "https://x.test/mcp", AuthType = McpAuthType.Unauthenticated };
        record = server?.Invoke(record) ?? record;
        var catalog = new McpCatalog
        {
            Id = McpCatalog.IdOf(record.Id),
            ServerId = id,
            Tools = [.. tools.Select(name => definition?.Invoke(Define(name)) ?? Define(name))],
            Prompts = [.. (prompts ?? []).Select(Define)],
        };
        var application = new Application
        {
            Id = Guid.NewGuid(),
            Aud = id,
            Name = id,
            Domain = "",
            Type = ApplicationType.Mcp,
            Destinations = [new Destination("via_mcp_server_portal", "") { McpServerId = id }],
            Policies = [.. (policies ?? [Policy(PolicyAction.Allow, new Rule.Everyone())]).Select((policy, index) => new PolicyReference(policy.Id, index))],
        };
        _snapshot = _snapshot with
        {
            McpServers = _snapshot.McpServers.SetItem(record.Id, record),
            McpCatalogs = _snapshot.McpCatalogs.SetItem(catalog.Id, catalog),
            Applications = _snapshot.Applications.SetItem(application.Id, application),
        };
        var entry = new McpPortalServer { ServerId = id };
        _settings.Add(settings?.Invoke(entry) ?? entry);
    }

    public void WithoutApplications() => _snapshot = _snapshot with { Applications = ImmutableDictionary<Guid, Application>.Empty };

    public void WithoutPolicies() => _snapshot = _snapshot with { Policies = ImmutableDictionary<Guid, Policy>.Empty };

    public PortalDirectory Directory() => PortalDirectory.Build(_snapshot, new McpPortal
    {
        Id = Guid.NewGuid(),
        PortalId = "p",
        Name = "P",
        Hostname = "p.test",
        ApplicationId = Guid.NewGuid(),
        Servers = _settings,
    });

    public static McpDefinition Define(string name)
    {
        var json = JsonSerializer.SerializeToElement(new { name, description = "does " + name, inputSchema = new { type = "object" }, x_unknown = 1.50m });
        return new McpDefinition { Name = name, Definition = json, Hash = "" };
    }

    public static PortalVisitor User(string email) => new(
        new Identity { UserId = Guid.NewGuid(), Email = email, IdentityProviderId = Guid.Empty, IdentityProviderType = "oidc", AuthenticatedAt = DateTimeOffset.UnixEpoch },
        new RequestFacts { ClientAddress = System.Net.IPAddress.Loopback });

    public static PortalVisitor Machine(Guid token) => new(null, new RequestFacts { ServiceTokenId = token });
}
