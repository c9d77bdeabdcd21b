using ManagedOAuth.Contracts.PortalLog;
using ManagedOAuth.Contracts.ServerReadings;
using ManagedOAuth.Contracts.Upstream;
using ManagedOAuth.Edge.Portals.BuiltIns;
using ManagedOAuth.Edge.Portals.Endpoint;
using ManagedOAuth.Edge.Portals.Limits;
using ManagedOAuth.Edge.Portals.Log;
using ManagedOAuth.Edge.Portals.Methods;
using ManagedOAuth.Edge.Portals.Sessions;
using ManagedOAuth.Edge.Portals.Streams;
using ManagedOAuth.Edge.Portals.Switches;
using ManagedOAuth.Edge.Portals.Upstreams;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals;

/// <summary>Puts the portals together.</summary>
internal static class PortalServices
{
    public static void AddPortals(this IHostApplicationBuilder builder)
    {
        builder.AddHotStore(required: false);
        var services = builder.Services;
        services.AddOptions<PortalOptions>().BindConfiguration(PortalOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOutbound();
        services.AddServiceClient<UpstreamCredentials.UpstreamCredentialsClient>("authorization-server");
        services.AddServiceClient<PortalLog.PortalLogClient>("config");
        services.AddServiceClient<ServerReadings.ServerReadingsClient>("config");
        services.AddSingleton<ServerNews>();
        services.AddHostedService(provider => provider.GetRequiredService<ServerNews>());
        services.AddSingleton<ServerStates>();
        services.AddSingleton<PortalLogReporter>();
        services.AddHostedService(provider => provider.GetRequiredService<PortalLogReporter>());
        services.AddRateLimits();
        services.AddSingleton<PortalLimits>();
        services.AddSingleton<Circuits>();
        services.AddSingleton<PendingInputs>();
        services.AddSingleton<ServerWords>();
        services.AddSingleton<QuestionRounds>();
        services.AddSingleton<UpstreamListening>();
        services.AddSingleton<PortalDirectories>();
        services.AddSingleton<PortalSessionStore>();
        services.AddSingleton<ReplayLogs>();
        services.AddSingleton<Listeners>();
        services.AddSingleton<InFlightRequests>();
        services.AddSingleton<UpstreamHttp>();
        services.AddSingleton<UpstreamSessions>();
        services.AddSingleton<UpstreamCredentialCache>();
        services.AddSingleton<UpstreamAssertions>();
        services.AddSingleton<UpstreamTargets>();
        services.AddSingleton<UpstreamRelay>();
        services.AddSingleton<ClientMessages>();
        services.AddSingleton<PortalRefusals>();
        services.AddSingleton<PortalAnswers>();
        services.AddSingleton<PortalMessages>();
        services.AddSingleton<PortalListening>();
        services.AddSingleton<PortalEndpoint>();
        services.AddSingleton<SwitchesPage>();
        services.AddHostedService<PortalSweeper>();
        services.AddHostedService<PortalSessionKeeper>();
        services.AddHostedService<UpstreamSweeper>();
        services.AddHostedService<EndedGrants>();
        AddMethods(services);
    }

    private static void AddMethods(IServiceCollection services)
    {
        services.AddSingleton<Pages>();
        services.AddSingleton<IPortalMethod, Initialize>();
        services.AddSingleton<IPortalMethod, Discover>();
        services.AddSingleton<IPortalMethod, Ping>();
        services.AddSingleton<IPortalMethod, ListTools>();
        services.AddSingleton<CallTool>();
        services.AddSingleton<IPortalMethod>(provider => provider.GetRequiredService<CallTool>());
        services.AddSingleton<IPortalMethod, ListPrompts>();
        services.AddSingleton<IPortalMethod, GetPrompt>();
        services.AddSingleton<IPortalMethod, ListResources>();
        services.AddSingleton<IPortalMethod, ListResourceTemplates>();
        AddOfResource(services, RequestMethods.ResourcesRead, isLegacy: false);
        AddOfResource(services, "resources/subscribe", isLegacy: true);
        AddOfResource(services, "resources/unsubscribe", isLegacy: true);
        services.AddSingleton<IPortalMethod, Complete>();
        services.AddSingleton<IPortalMethod, SetLevel>();
        services.AddSingleton<IPortalMethod, ListenForChanges>();
        services.AddSingleton<TaskOwners>();
        AddOfTask(services, TaskMethods.Get);
        AddOfTask(services, TaskMethods.Result);
        AddOfTask(services, TaskMethods.Cancel);
        services.AddSingleton<IPortalMethod, ListTasks>();
        services.AddSingleton<PortalMethods>();
        services.AddSingleton<BuiltInTool, ListServersTool>();
        services.AddSingleton<BuiltInTool, ToggleServersTool>();
        services.AddSingleton<BuiltInTool, ToggleSingleServerTool>();
        services.AddSingleton<BuiltInTool, QueryToolsTool>();
        services.AddSingleton<BuiltInTool>(provider => new ExecuteTool(provider.GetRequiredService<CallTool>));
    }

    private static void AddOfResource(IServiceCollection services, string method, bool isLegacy)
        => services.AddSingleton<IPortalMethod>(provider => new OfResource(provider.GetRequiredService<UpstreamRelay>(), provider.GetRequiredService<PortalSessionStore>(), method, isLegacy));

    private static void AddOfTask(IServiceCollection services, string method)
        => services.AddSingleton<IPortalMethod>(provider => new OfTask(provider.GetRequiredService<UpstreamRelay>(), provider.GetRequiredService<TaskOwners>(), method));
}
