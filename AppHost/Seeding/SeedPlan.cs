using System.Globalization;
using System.Text.Json.Nodes;

namespace ManagedOAuth.AppHost.Seeding;

/// <summary>The objects of the first start, in the API's own form.</summary>
internal static class SeedPlan
{
    public static JsonObject Organization(LocalPorts ports) => new()
    {
        ["name"] = "Local",
        ["auth_domain"] = Authority(ports.Team),
    };

    public static JsonObject OneTimePin() => new() { ["name"] = "One-time PIN", ["type"] = "onetimepin", ["config"] = new JsonObject() };

    public static JsonObject AllowExample() => new()
    {
        ["name"] = "Allow example.com",
        ["decision"] = "allow",
        ["include"] = new JsonArray(new JsonObject { ["email_domain"] = new JsonObject { ["domain"] = "example.com" } }),
    };

    public static JsonObject OrdersApi(LocalPorts ports, string policyId) => Application("Orders API", ports.Orders, ports.OrdersOrigin, policyId, managedOAuth: true);

    /// <summary>The sample MCP server that asks for nothing and checks the portal's assertion.</summary>
    public static JsonObject ToolsServer(LocalPorts ports, string policyId) => new()
    {
        ["id"] = "tools",
        ["name"] = "Sample tools",
        ["hostname"] = Origin(ports.McpOrigin) + "/mcp",
        ["auth_type"] = "unauthenticated",
        ["send_assertion"] = true,
        ["policies"] = Policies(policyId),
    };

    /// <summary>The sample MCP server with a login of its own: each user connects an account there.</summary>
    public static JsonObject NotesServer(LocalPorts ports, string policyId) => new()
    {
        ["id"] = "notes",
        ["name"] = "Sample notes",
        ["hostname"] = Origin(ports.NotesOrigin) + "/mcp",
        ["auth_type"] = "oauth",
        ["policies"] = Policies(policyId),
    };

    /// <summary>Both sample MCP servers behind one address; its application comes with it.</summary>
    public static JsonObject Portal(LocalPorts ports, string policyId) => new()
    {
        ["id"] = "local",
        ["name"] = "MCP portal",
        ["hostname"] = Authority(ports.Mcp),
        ["servers"] = new JsonArray(new JsonObject { ["server_id"] = "tools" }, new JsonObject { ["server_id"] = "notes" }),
        ["policies"] = Policies(policyId),
    };

    public static JsonObject BrowserOnly(LocalPorts ports, string policyId) => Application("Orders API (browser only)", ports.BrowserOnly, ports.OrdersOrigin, policyId, managedOAuth: false);

    /// <summary>Who may open the dashboard after the first start.</summary>
    public const string Administrator = "admin@example.com";

    public static JsonObject DashboardAdministrators() => new()
    {
        ["name"] = "Dashboard administrators",
        ["decision"] = "allow",
        ["include"] = new JsonArray(new JsonObject { ["email"] = new JsonObject { ["email"] = Administrator } }),
    };

    /// <summary>The dashboard is protected like any application; its pages come from Config, so there is no origin.</summary>
    public static JsonObject Dashboard(LocalPorts ports, string policyId)
    {
        var application = Application("Dashboard", ports.Dashboard, 0, policyId, managedOAuth: false);
        application.Remove("origin");
        application["session_duration"] = "8h";
        return application;
    }

    private static JsonObject Application(string name, int port, int origin, string policyId, bool managedOAuth)
    {
        var application = new JsonObject
        {
            ["type"] = "self_hosted",
            ["name"] = name,
            ["domain"] = Authority(port),
            ["session_duration"] = "24h",
            ["policies"] = Policies(policyId),
            ["origin"] = new JsonObject { ["url"] = Origin(origin) },
        };
        if (managedOAuth)
        {
            application["oauth_configuration"] = new JsonObject
            {
                ["enabled"] = true,
                ["dynamic_client_registration"] = new JsonObject { ["enabled"] = true, ["allow_any_on_localhost"] = true, ["allow_any_on_loopback"] = true },
            };
        }
        return application;
    }

    private static JsonArray Policies(string policyId) => new(new JsonObject { ["id"] = policyId, ["precedence"] = 1 });

    private static string Origin(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");

    private static string Authority(int port) => string.Create(CultureInfo.InvariantCulture, $"localhost:{port}");
}
