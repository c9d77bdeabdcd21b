using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Topology;

namespace ManagedOAuth.EndToEnd.Tests.Portals;

/// <summary>One replica of everything; at the MCP address is the portal of the first start.</summary>
public sealed class PortalTopology() : LocalTopology("token=1,edge=1")
{
    /// <summary>Id of the sample with a login of its own.</summary>
    public const string ServerId = "notes";

    /// <summary>Its name.</summary>
    public const string Server = "Sample notes";

    public string Portal => Mcp.GetLeftPart(UriPartial.Authority);

    /// <summary>Registers a server, which asks for a login unless said otherwise.</summary>
    public async Task<JsonNode> RegisterAsync(string id, string name, string url, string authType = "oauth")
    {
        var policy = (string)(await Admin.GetAsync("policies")).AsArray().Single(entry => (string?)entry!["name"] == "Allow example.com")!["id"]!;
        return await Admin.PostAsync("ai-controls/mcp/servers?wait=applied&timeout=30s", new JsonObject
        {
            ["id"] = id,
            ["name"] = name,
            ["hostname"] = url,
            ["auth_type"] = authType,
            ["policies"] = new JsonArray(new JsonObject { ["id"] = policy, ["precedence"] = 1 }),
        });
    }

    /// <summary>Registers a server, which asks for a login of each user unless said otherwise, and puts it into the portal.</summary>
    public async Task AddServerAsync(string id, string name, string url, string authType = "oauth")
    {
        await RegisterAsync(id, name, url, authType);
        await ChangeServersAsync(servers => servers.Append(id));
    }

    /// <summary>Takes a server out of the portal, and removes it.</summary>
    public async Task RemoveServerAsync(string id)
    {
        await ChangeServersAsync(servers => servers.Where(server => server != id));
        await Admin.DeleteAsync($"ai-controls/mcp/servers/{id}");
    }

    private async Task ChangeServersAsync(Func<IEnumerable<string>, IEnumerable<string>> change)
    {
        var portal = (await Admin.GetAsync("ai-controls/mcp/portals")).AsArray().Single(entry => (string?)entry!["hostname"] == Mcp.Authority)!;
        var servers = change(portal["servers"]!.AsArray().Select(server => (string)server!["server_id"]!));
        await Admin.PutAsync($"ai-controls/mcp/portals/{portal["id"]}?wait=applied&timeout=30s", new JsonObject
        {
            ["name"] = (string?)portal["name"],
            ["hostname"] = Mcp.Authority,
            ["servers"] = new JsonArray([.. servers.Select(server => new JsonObject { ["server_id"] = server })]),
        });
    }
}

/// <summary>Tests that share one topology with one replica of everything, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class PortalCollection : ICollectionFixture<PortalTopology>
{
    public const string Name = "portal";
}
