using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Applications;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.Portals.Capabilities;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Portals;

namespace ManagedOAuth.Config.Portals;

/// <summary>Reads and validates a portal. Name, hostname, servers and the switches of a server stay as they are when a body leaves them out.</summary>
public sealed class McpPortalReader
{
    /// <summary>Most servers of one portal, as in the original.</summary>
    public const int MostServers = PortalDirectory.MaximumServers;

    private const int Most = 200;

    public McpPortal Read(BodyReader body, Guid id, McpPortal? existing, ConfigurationDraft draft)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(draft);
        var snapshot = draft.Snapshot;
        var portalId = existing?.PortalId ?? NewId(body, draft);
        var hostname = existing is not null && !body.Has("hostname") ? existing.Hostname : Hostname(body);
        var applicationId = existing?.ApplicationId ?? Adopted(hostname, snapshot)?.Id ?? Guid.NewGuid();
        CheckFree(body, hostname, applicationId, draft);
        if (body.Flag("secure_web_gateway", false))
        {
            body.Refuse("secure_web_gateway", "there is no secure web gateway here that requests to servers could go through; leave it false");
        }

        return new McpPortal
        {
            Id = id,
            PortalId = portalId,
            Name = existing is not null && !body.Has("name") ? existing.Name : body.RequiredText("name", 350),
            Hostname = hostname,
            Description = body.Text("description", "", 1000),
            CodeMode = CodeMode(body),
            Servers = existing is not null && !body.Has("servers") ? existing.Servers : Servers(body, existing?.Servers ?? [], snapshot),
            ApplicationId = applicationId,
        };
    }

    /// <summary>
    /// An application of type <c>mcp_portal</c> that was made for this address and stands for no portal yet: it becomes the new portal's, policies and all.
    /// </summary>
    public static Application? Adopted(string hostname, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return snapshot.Applications.Values.FirstOrDefault(application => application.Type == ApplicationType.McpPortal && application.Domain == hostname
            && snapshot.McpPortals.Values.All(portal => portal.ApplicationId != application.Id));
    }

    // In a file `id` is the uuid.
    private static string NewId(BodyReader body, ConfigurationDraft draft)
    {
        var snapshot = draft.Snapshot;
        var id = PortalIds.Portal(body, draft.IsTransfer ? "portal_id" : "id");
        if (snapshot.McpPortals.Values.Any(other => other.PortalId == id))
        {
            body.Refuse("id", $"there is a portal {id} already");
        }
        else if (snapshot.McpPortals.Count >= Most)
        {
            body.Refuse("id", $"there are {Most} portals already, which is the most there can be");
        }

        return id;
    }

    private static string Hostname(BodyReader body)
    {
        var text = body.RequiredText("hostname", 255);
        if (text.Length == 0)
        {
            return text;
        }

        if (!PublicAddress.TryParse(text, out var address, out _) || address.Path.Length > 0)
        {
            body.Refuse("hostname", "hostname is a host name with an optional port, without scheme and path, such as mcp.example.com; the endpoint is at /mcp there");
            return text;
        }

        return address.ToString();
    }

    private static void CheckFree(BodyReader body, string hostname, Guid applicationId, ConfigurationDraft draft)
    {
        if (draft.State.Addresses.TryGetValue(hostname, out var owner) && owner != applicationId)
        {
            body.Refuse("hostname", $"another application ({draft.Snapshot.Applications.GetValueOrDefault(owner)?.Name}) already has {hostname}");
        }

        if (draft.Snapshot.McpServers.Values.FirstOrDefault(server => Uri.TryCreate(server.Hostname, UriKind.Absolute, out var uri) && string.Equals(uri.Authority, hostname, StringComparison.OrdinalIgnoreCase)) is { } behind)
        {
            body.Refuse("hostname", $"this is the address of the MCP server {behind.ServerId}; a portal cannot stand behind a portal");
        }
    }

    // Scripts of clients are not run here; which mode was asked for is kept for those who read it.
    private static string CodeMode(BodyReader body)
    {
        var allowed = body.Has("allow_code_mode") && !body.IsNull("allow_code_mode") ? body.Flag("allow_code_mode", false) : (bool?)null;
        var mode = body.OptionalText("code_mode", 20);
        if (mode is not (null or "off" or "opt_in" or "default_on" or "enforced"))
        {
            body.Refuse("code_mode", "code_mode is off, opt_in, default_on or enforced");
        }
        else if (mode is not null && allowed is { } said && said != (mode != "off"))
        {
            body.Refuse("allow_code_mode", "allow_code_mode contradicts code_mode; leave it out");
        }

        return mode ?? (allowed == true ? "opt_in" : "off");
    }

    private static List<McpPortalServer> Servers(BodyReader body, IReadOnlyList<McpPortalServer> existing, ConfigurationSnapshot snapshot)
    {
        var servers = body.Items("servers", MostServers).Select((item, index) => Server(body.Item("servers", index, item), existing, snapshot)).ToList();
        foreach (var twice in servers.GroupBy(server => server.ServerId, StringComparer.Ordinal).Where(same => same.Count() > 1))
        {
            body.Refuse("servers", $"the server {twice.Key} is there more than once");
        }

        return servers;
    }

    // A server that the portal has already keeps what is not said of it: a body that forgets a switch must not turn tools on.
    private static McpPortalServer Server(BodyReader item, IReadOnlyList<McpPortalServer> existing, ConfigurationSnapshot snapshot)
    {
        var id = item.RequiredText("server_id", 64);
        var before = existing.FirstOrDefault(server => server.ServerId == id);
        var server = new McpPortalServer
        {
            ServerId = id,
            OnBehalf = item.Flag("on_behalf", before?.OnBehalf ?? true),
            DefaultDisabled = item.Flag("default_disabled", before?.DefaultDisabled ?? false),
            UpdatedTools = CapabilityReader.Read(item, "updated_tools", before?.UpdatedTools),
            UpdatedPrompts = CapabilityReader.Read(item, "updated_prompts", before?.UpdatedPrompts),
        };
        if (snapshot.McpServers.Values.FirstOrDefault(known => known.ServerId == server.ServerId) is not { } known)
        {
            if (server.ServerId.Length > 0)
            {
                item.Refuse("server_id", $"there is no MCP server {server.ServerId}");
            }

            return server;
        }

        snapshot.McpCatalogs.TryGetValue(McpCatalog.IdOf(known.Id), out var catalog);
        CapabilityReader.RefuseClashes(item, "updated_tools", catalog?.Tools, new CapabilityUpdates(server.UpdatedTools, known.UpdatedTools));
        CapabilityReader.RefuseClashes(item, "updated_prompts", catalog?.Prompts, new CapabilityUpdates(server.UpdatedPrompts, known.UpdatedPrompts));
        return server;
    }
}
