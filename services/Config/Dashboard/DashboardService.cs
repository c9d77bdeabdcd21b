using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Dashboard.Access;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Pages;
using ManagedOAuth.Config.Dashboard.Pages.ApiTokens;
using ManagedOAuth.Config.Dashboard.Pages.Applications;
using ManagedOAuth.Config.Dashboard.Pages.Audit;
using ManagedOAuth.Config.Dashboard.Pages.Clients;
using ManagedOAuth.Config.Dashboard.Pages.CustomPages;
using ManagedOAuth.Config.Dashboard.Pages.Grants;
using ManagedOAuth.Config.Dashboard.Pages.Groups;
using ManagedOAuth.Config.Dashboard.Pages.History;
using ManagedOAuth.Config.Dashboard.Pages.IdentityProviders;
using ManagedOAuth.Config.Dashboard.Pages.Keys;
using ManagedOAuth.Config.Dashboard.Pages.Lists;
using ManagedOAuth.Config.Dashboard.Pages.Overview;
using ManagedOAuth.Config.Dashboard.Pages.McpLog;
using ManagedOAuth.Config.Dashboard.Pages.McpPortals;
using ManagedOAuth.Config.Dashboard.Pages.McpServers;
using ManagedOAuth.Config.Dashboard.Pages.Policies;
using ManagedOAuth.Config.Dashboard.Pages.Refusals;
using ManagedOAuth.Config.Dashboard.Pages.ServiceTokens;
using ManagedOAuth.Config.Dashboard.Pages.Settings;
using ManagedOAuth.Config.Dashboard.Pages.SignIn;
using ManagedOAuth.Config.Dashboard.Pages.SignIns;
using ManagedOAuth.Config.Dashboard.Pages.Tags;
using ManagedOAuth.Config.Dashboard.Pages.Tester;
using ManagedOAuth.Config.Dashboard.Pages.Transfer;
using ManagedOAuth.Config.Dashboard.Pages.Users;
using ManagedOAuth.Config.Dashboard.Requests;
using Microsoft.AspNetCore.Http.Features;

namespace ManagedOAuth.Config.Dashboard;

/// <summary>The dashboard: pages made on the server, plain forms, a few lines of script for comfort.</summary>
public static class DashboardService
{
    /// <summary>What the pages need. Keys at rest and the hot store have to be added as well.</summary>
    public static WebApplicationBuilder AddDashboard(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.AddRazorComponents();
        services.AddRateLimits();
        services.AddSingleton<AdminApiPipeline>();
        services.AddScoped<AdminApi>();
        services.AddScoped<PageContext>();
        services.AddSingleton<Flashes>();

        // A form names each choice that it offered, so that it takes back no other: up to a thousand of a kind. The body's length is bounded by itself.
        services.Configure<FormOptions>(options => options.ValueCountLimit = 8192);
        services.AddSingleton<FormToken>();
        services.AddSingleton<TokenSession>();
        return builder;
    }

    /// <summary>The pages. Call it after the admin API has been mapped: they work through its endpoints.</summary>
    public static WebApplication MapDashboard(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.Services.GetRequiredService<AdminApiPipeline>().Connect(app, app);
        app.MapAssets();
        app.MapGroup("").AddEndpointFilter<PageFilter>().AddEndpointFilter<FormFilter>().LimitBody(JsonBody.MaximumLength).MapSignIn();

        var pages = app.MapGroup("").AddEndpointFilter<PageFilter>().AddEndpointFilter<AdministratorFilter>().AddEndpointFilter<FormFilter>().LimitBody(JsonBody.MaximumLength);
        pages.MapSignOut();
        pages.MapTheme();
        pages.MapOverview();
        pages.MapApplications();
        pages.MapGrantEnds();
        pages.MapOwnPolicies();
        new PolicyPages().Map(pages);
        new GroupPages().Map(pages);
        new ListPages().Map(pages);
        new IdentityProviderPages().Map(pages);
        new McpServerPages().Map(pages);
        new McpPortalPages().Map(pages);
        pages.MapMcpLog();
        pages.MapServiceTokens();
        pages.MapTester();
        pages.MapUsers();
        pages.MapGrants();
        pages.MapClients();
        pages.MapSignInLog();
        pages.MapRefusalLog();
        pages.MapAudit();
        pages.MapHistory();
        pages.MapUndo();
        pages.MapTags();
        new CustomPagePages().Map(pages);
        pages.MapKeys();
        pages.MapTransfer();
        pages.MapApiTokens();
        pages.MapSettings();
        pages.MapFallback("/{**path:nonfile}", (CancellationToken _) => Messages.NotFound("page"));
        return app;
    }
}
