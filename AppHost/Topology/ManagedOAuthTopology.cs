using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using ManagedOAuth.AppHost.Database;
using ManagedOAuth.AppHost.Keys;
using ManagedOAuth.AppHost.Mail;

namespace ManagedOAuth.AppHost.Topology;

/// <summary>The local topology: two servers, four services, three samples.</summary>
public static class ManagedOAuthTopology
{
    /// <summary>Adds everything to the application.</summary>
    public static void AddManagedOAuth(this IDistributedApplicationBuilder builder, AppHostOptions options, LocalState state)
    {
        var ports = options.Ports;
        var keys = new ServiceKeys(state.Keys, "config", "authorization-server", "token", "edge");
        state.AdminToken();

        var postgres = builder.AddPostgres("postgres").WithDataBindMount(state.Postgres);
        var database = postgres.AddDatabase("managedoauth", (connectionString, ct) => DatabaseSetup.ApplyAsync(connectionString, keys.DatabasePassword, ct));
        var redis = builder.AddRedis("redis").WithDataBindMount(state.Redis);

        var config = builder.AddService("config", "../services/Config/Config.csproj", options, keys).WithGrpcEndpoint()
            .WithDatabase(database, "config", keys).WithReference(redis).WaitFor(redis)
            .WithEnvironment("Config__BootstrapTokenFile", state.AdminTokenFile);
        var token = builder.AddService("token", "../services/Token/Token.csproj", options, keys).WithGrpcEndpoint()
            .WithDatabase(database, "token", keys).WithReference(redis).WaitFor(redis);
        var authorizationServer = builder.AddService("authorization-server", "../services/AuthorizationServer/AuthorizationServer.csproj", options, keys).WithGrpcEndpoint()
            .WithDatabase(database, "authorization_server", keys).WithReference(redis).WaitFor(redis)
            .WithMailbox();
        var edge = builder.AddService("edge", "../services/Edge/Edge.csproj", options, keys)
            .WithReference(redis).WaitFor(redis)
            .WithPublicAddresses(ports);

        // Nobody waits for a service: whoever needs one that is not there yet keeps trying, and is healthy when it has found it. So a start takes as
        // long as its work on all cores, and Edge, which needs no database, begins while there is none. At the end there is an order: the door closes first.
        config.WithReference(token).WithReference(authorizationServer);
        token.WithReference(config).WithReference(authorizationServer).StopsBefore(config);
        authorizationServer.WithReference(config).WithReference(token).StopsBefore(config);
        edge.WithReference(config).WithReference(token).WithReference(authorizationServer).StopsBefore(config).StopsBefore(token).StopsBefore(authorizationServer);

        builder.AddSample("orders-api", "../samples/OrdersApi/OrdersApi.csproj", ports.OrdersOrigin, ports, state);
        builder.AddSample("mcp-server", "../samples/McpServer/McpServer.csproj", ports.McpOrigin, ports, state);
        builder.AddProject("notes-server", "../samples/NotesServer/NotesServer.csproj").WithHttpEndpoint(ports.NotesOrigin).WithHttpHealthCheck("/healthz").WithLaterOptimization()
            .WithEnvironment("Notes__TokensFile", state.NotesTokensFile);
    }

    /// <summary>Samples stand for other people's applications: they get an address and what a good origin checks, nothing of ours.</summary>
    private static void AddSample(this IDistributedApplicationBuilder builder, string name, string project, int port, LocalPorts ports, LocalState state) =>
        builder.AddProject(name, project).WithHttpEndpoint(port).WithHttpHealthCheck("/healthz").WithLaterOptimization()
            .WithEnvironment("Access__TeamDomain", LocalPorts.Url(ports.Team))
            .WithEnvironment("Access__AudienceFile", state.AudienceFile(name));

    private static IResourceBuilder<ProjectResource> WithPublicAddresses(this IResourceBuilder<ProjectResource> edge, LocalPorts ports)
    {
        (int Port, string Name, string Text)[] addresses =
        [
            (ports.Orders, "orders", "Orders API (Managed OAuth)"),
            (ports.Mcp, "mcp", "MCP server portal (Managed OAuth)"),
            (ports.Team, "team", "Team domain"),
            (ports.Dashboard, "dashboard", "Dashboard and admin API"),
            (ports.BrowserOnly, "browser-only", "Orders API (Managed OAuth off)"),
        ];
        for (var i = 0; i < addresses.Length; i++)
        {
            var (port, name, text) = addresses[i];
            edge.WithSharedHttpEndpoint(port, name)
                .WithUrl(LocalPorts.Url(port), text)
                .WithEnvironment("Edge__Listen__" + i.ToString(CultureInfo.InvariantCulture), LocalPorts.Url(port));
        }
        return edge
            .WithEnvironment("Edge__TeamDomain", LocalPorts.Url(ports.Team))
            .WithEnvironment("Edge__DashboardDomain", LocalPorts.Url(ports.Dashboard));
    }
}
