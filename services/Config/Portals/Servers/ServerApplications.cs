using ManagedOAuth.Config.Applications;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Portals.Servers;

/// <summary>The applications of type <c>mcp</c>: who sees a server in a portal.</summary>
public sealed class ServerApplications(LinkedApplications applications)
{
    /// <summary>The applications that name a server, oldest first.</summary>
    public static IEnumerable<Application> Of(string serverId, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return snapshot.Applications.Values
            .Where(application => application.Type == ApplicationType.Mcp && application.Destinations.Any(destination => destination.McpServerId == serverId))
            .OrderBy(application => application.CreatedAt).ThenBy(application => application.Id);
    }

    /// <summary>Makes the application of a new server.</summary>
    public void Create(McpServer server, IReadOnlyList<PolicyReference> policies, ConfigurationDraft draft)
    {
        ArgumentNullException.ThrowIfNull(server);
        applications.Create(
            new Application
            {
                Id = Guid.NewGuid(),
                Aud = AudienceTag.New(),
                Type = ApplicationType.Mcp,
                Name = server.Name,
                Domain = "",
                Destinations = [new Destination("via_mcp_server_portal", "") { McpServerId = server.ServerId }],
                Policies = policies,
            },
            draft);
    }

    /// <summary>Takes a server off the applications that name it: whoever takes its id later must not get its users.</summary>
    public void Forget(McpServer server, ConfigurationDraft draft)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(draft);
        foreach (var application in Of(server.ServerId, draft.Snapshot).ToList())
        {
            var others = application.Destinations.Where(destination => destination.McpServerId != server.ServerId).ToList();
            if (others.Count == 0)
            {
                applications.Remove(application, draft);
            }
            else
            {
                applications.Change(application, application with { Destinations = others }, draft);
            }
        }
    }
}
