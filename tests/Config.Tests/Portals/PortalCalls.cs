using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Tests.Support;

namespace ManagedOAuth.Config.Tests.Portals;

/// <summary>Servers and portals as tests make them; each test has ids of its own.</summary>
internal static class PortalCalls
{
    public const string Mcp = ApiCalls.Access + "/ai-controls/mcp";
    public const string Servers = Mcp + "/servers";
    public const string Portals = Mcp + "/portals";

    private static int s_next;

    /// <summary>An id that no other test has.</summary>
    public static string NewId(string prefix) => $"{prefix}{Interlocked.Increment(ref s_next)}";

    public static async Task<JsonNode> AddServer(this HttpClient api, string id, string more = "")
        => await api.Must(HttpStatusCode.Created, "POST", Servers, $$"""{"id":"{{id}}","name":"Server {{id}}","hostname":"https://{{id}}.upstream.test/mcp","auth_type":"unauthenticated"{{more}}}""");

    public static async Task<JsonNode> AddPortal(this HttpClient api, string id, string servers = "", string more = "")
        => await api.Must(HttpStatusCode.Created, "POST", Portals, $$"""{"id":"{{id}}","name":"Portal {{id}}","hostname":"{{id}}.portal.test","servers":[{{servers}}]{{more}}}""");
}
