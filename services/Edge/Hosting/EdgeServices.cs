using System.Diagnostics;
using ManagedOAuth.Contracts.EdgeFigures;
using ManagedOAuth.Contracts.ServiceTokens;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Edge.Answers;
using ManagedOAuth.Edge.Challenges;
using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.Feeds;
using ManagedOAuth.Edge.Forwarding;
using ManagedOAuth.Edge.OpenStreams;
using ManagedOAuth.Edge.Pipeline;
using ManagedOAuth.Edge.Portals;
using ManagedOAuth.Edge.RefusedRequests;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.Edge.ServiceRouting;
using ManagedOAuth.Edge.Sessions;
using ManagedOAuth.Edge.Telemetry;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Edge.Hosting;

/// <summary>Puts the edge together.</summary>
internal static class EdgeServices
{
    public static WebApplicationBuilder AddEdge(this WebApplicationBuilder builder)
    {
        var section = builder.Configuration.GetSection(EdgeOptions.Section);
        builder.Services.AddSingleton<IValidateOptions<EdgeOptions>, EdgeOptionsValidator>();
        builder.Services.AddOptions<EdgeOptions>().Bind(section).ValidateOnStart();
        builder.Services.AddOptions<HostOptions>().Configure<IOptions<EdgeOptions>>(static (host, edge) => host.ShutdownTimeout = edge.Value.DrainTimeout + DrainEnd.Reserve);
        builder.Services.AddSingleton<DrainEnd>();
        EdgeServer.Configure(builder, section.Get<EdgeOptions>() ?? new EdgeOptions());
        builder.Services.Replace(ServiceDescriptor.Singleton<DistributedContextPropagator>(new PublicTrace()));

        AddFeeds(builder);
        builder.AddPortals();
        AddRequests(builder.Services);
        return builder;
    }

    /// <summary>Everything that no private endpoint answered is a public request.</summary>
    public static WebApplication RunPublicRequests(this WebApplication app)
    {
        var pipeline = app.Services.GetRequiredService<EdgePipeline>();
        var streams = app.Services.GetRequiredService<OpenStreamList>();
        var proxies = app.Services.GetRequiredService<TrustedProxies>();
        var freshness = app.Services.GetRequiredService<Freshness>();
        EdgeMetrics.ObserveOpenStreams(() => streams.Count);
        EdgeMetrics.ObserveStaleness(() => freshness.IsComplete ? freshness.Age.TotalSeconds : -1);

        // The private endpoint is for health alone: nobody walks around a public address through it.
        ((IApplicationBuilder)app).Run(context =>
        {
            if (context.Features.Get<PublicConnection>() is null)
            {
                return KnownAnswers.NotFound.WriteAsync(context);
            }

            proxies.Apply(context);
            return pipeline.HandleAsync(context);
        });
        return app;
    }

    private static void AddFeeds(WebApplicationBuilder builder)
    {
        builder.AddConfigurationSnapshots();
        builder.Services.AddServiceClient<RevocationFeed.RevocationFeedClient>("token");
        builder.Services.AddServiceClient<Keys.KeysClient>("token");
        builder.Services.AddServiceClient<EdgeSessions.EdgeSessionsClient>("token");
        builder.Services.AddSingleton<EdgeAddresses>();
        builder.Services.AddSingleton<RouteTableSource>();
        builder.Services.AddSingleton<Freshness>();
        builder.Services.AddSingleton<KeyRing>();
        builder.Services.AddSingleton<RevocationList>();
        builder.Services.AddHostedService<KeysReader>();
        builder.Services.AddHostedService<RevocationReader>();
        builder.Services.AddHealthChecks().AddCheck<FeedsHealthCheck>("feeds", timeout: TimeSpan.FromSeconds(3));
    }

    private static void AddRequests(IServiceCollection services)
    {
        services.AddSingleton<TrustedProxies>();
        services.AddSingleton<AccessCheck>();
        services.AddSingleton<CredentialCache>();
        services.AddSingleton<ServiceAssertions>();
        services.AddServiceClient<ServiceTokenSightings.ServiceTokenSightingsClient>("config");
        services.AddSingleton<ServiceTokenUses>();
        services.AddHostedService(provider => provider.GetRequiredService<ServiceTokenUses>());
        services.AddServiceClient<GrantUses.GrantUsesClient>("token");
        services.AddSingleton<GrantUseReports>();
        services.AddHostedService(provider => provider.GetRequiredService<GrantUseReports>());
        services.AddServiceClient<EdgeFigures.EdgeFiguresClient>("config");
        services.AddSingleton<RequestFigures>();
        services.AddHostedService(provider => provider.GetRequiredService<RequestFigures>());
        services.AddServiceClient<Contracts.RefusalLog.RefusalLog.RefusalLogClient>("config");
        services.AddSingleton<RefusalReporter>();
        services.AddHostedService(provider => provider.GetRequiredService<RefusalReporter>());
        services.AddSingleton<RefusalSample>();
        services.AddSingleton<RefusalNotes>();
        services.AddSingleton<ServiceTokenAuthenticator>();
        services.AddSingleton<LinkedAssertions>();
        services.AddSingleton<LinkedTokenAuthenticator>();
        services.AddSingleton<Authenticator>();
        services.AddSingleton<LoginRedirect>();
        services.AddSingleton<Refusals>();
        services.AddSingleton<AuthorizedEndpoint>();
        services.AddSingleton<LogoutEndpoint>();
        services.AddSingleton<IdentityEndpoint>();
        services.AddSingleton<ServiceReplicas>();
        services.AddSingleton<ServiceProxy>();
        services.AddSingleton<OriginClients>();
        services.AddSingleton<OpenStreamList>();
        services.AddHostedService<OpenStreamSweeper>();
        services.AddSingleton<OriginForwarding>();
        services.AddSingleton<PortalPages>();
        services.AddSingleton<PortalRequests>();
        services.AddSingleton<ApplicationRequests>();
        services.AddSingleton<DashboardRequests>();
        services.AddSingleton<EdgePipeline>();
    }
}
