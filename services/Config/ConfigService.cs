using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.ApiTokens;
using ManagedOAuth.Config.Applications;
using ManagedOAuth.Config.CustomPages;
using ManagedOAuth.Config.DeadLetters;
using ManagedOAuth.Config.DryRuns;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Figures;
using ManagedOAuth.Config.Grants;
using ManagedOAuth.Config.Groups;
using ManagedOAuth.Config.History;
using ManagedOAuth.Config.Idempotency;
using ManagedOAuth.Config.IdentityProviders;
using ManagedOAuth.Config.Keys;
using ManagedOAuth.Config.Lists;
using ManagedOAuth.Config.Logs;
using ManagedOAuth.Config.Logs.Refusals;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Config.Organizations;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Config.Portals;
using ManagedOAuth.Config.Portals.Alerts;
using ManagedOAuth.Config.Portals.Catalogs;
using ManagedOAuth.Config.Portals.Log;
using ManagedOAuth.Config.Portals.Servers;
using ManagedOAuth.Config.Secrets;
using ManagedOAuth.Config.ServiceTokens;
using ManagedOAuth.Config.Tags;
using ManagedOAuth.Config.Tester;
using ManagedOAuth.Config.Transfer;
using ManagedOAuth.Config.Transfer.Jobs;
using ManagedOAuth.Config.Users;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Messages;
using ManagedOAuth.Contracts.Token;
using Marten.Events.Projections;

namespace ManagedOAuth.Config;

/// <summary>What the service is made of.</summary>
public static class ConfigService
{
    /// <summary>Events, snapshots and documents of the schema <c>config</c>, and the messages that leave it.</summary>
    public static WebApplicationBuilder AddConfigStore(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddServiceStore(
            "config",
            options =>
            {
                options.Serializer(ConfigJson.Default);
                options.Projections.Snapshot<ApplicationObject>(SnapshotLifecycle.Inline);
                options.Projections.Snapshot<PolicyObject>(SnapshotLifecycle.Inline);
                options.Projections.Snapshot<GroupObject>(SnapshotLifecycle.Inline);
                options.Projections.Snapshot<IdentityProviderObject>(SnapshotLifecycle.Inline);
                options.Projections.Snapshot<ServiceTokenObject>(SnapshotLifecycle.Inline);
                options.Projections.Snapshot<OrganizationObject>(SnapshotLifecycle.Inline);
                options.Projections.Snapshot<ApiTokenObject>(SnapshotLifecycle.Inline);
                options.Projections.Snapshot<TagObject>(SnapshotLifecycle.Inline);
                options.Projections.Snapshot<AccessListObject>(SnapshotLifecycle.Inline);
                options.Projections.Snapshot<CustomPageObject>(SnapshotLifecycle.Inline);
                options.Projections.Snapshot<McpServerObject>(SnapshotLifecycle.Inline);
                options.Projections.Snapshot<McpPortalObject>(SnapshotLifecycle.Inline);
                options.Projections.Snapshot<McpCatalogObject>(SnapshotLifecycle.Inline);
                options.Events.AddEventType<DeadLettersReplayed>();
                options.Events.AddEventType<DeadLettersDiscarded>();
                options.Schema.For<McpServerStatus>();
                options.Schema.For<McpAlert>().Index(alert => alert.ServerUid);
                options.Schema.For<McpUserLogin>().Index(login => login.ServerUid);

                // A catalog is one event, with what was approved beside what is there now.
                options.MaxJsonBytes = 2 * 1024 * 1024;
                options.Schema.For<AddressClaim>();
                options.Schema.For<FeedEpoch>();
                options.Schema.For<PolicyTest>();
                options.Schema.For<PolicyTestPage>();
                options.Schema.For<ApiTokenUse>();
                options.Schema.For<IdempotentAnswer>();
                options.Schema.For<FeedReader>();
                options.Schema.For<TransferJob>();
                options.Schema.For<TransferJobFile>();
                options.Schema.For<EdgeMinute>();
                options.Schema.For<EdgeRefusal>().Index(refusal => refusal.At).Index(refusal => refusal.FlowId).Index(refusal => refusal.ApplicationId, refusal => refusal.At);
            },
            messaging =>
            {
                messaging.PublishMessage<ConfigurationChanged>().ToPostgresqlQueue("config");
                messaging.PublishMessage<ConfigurationsChanged>().ToPostgresqlQueue("config");
                messaging.PublishMessage<ApplicationDeleted>().ToPostgresqlQueue("token");
                messaging.PublishMessage<PolicyChanged>().ToPostgresqlQueue("token");
                messaging.PublishMessage<ProviderRemoved>().ToPostgresqlQueue("token").ToPostgresqlQueue("authorization-server");
            });
        return builder;
    }

    /// <summary>The objects of the admin API.</summary>
    public static WebApplicationBuilder AddConfiguration(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.AddHttpContextAccessor();
        services.AddStartupStep<BootstrapToken>();
        services.AddCountries();
        services.AddSingleton<ConfigurationLoader>();
        services.AddOptions<ConfigurationLogOptions>().BindConfiguration(ConfigurationLogOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<ConfigurationLog>();
        services.AddAfterStartupSteps(later => later.AddHostedService(provider => provider.GetRequiredService<ConfigurationLog>()));
        services.AddSingleton<FeedReaders>();
        services.AddSingleton<ApiTokenUses>();
        services.AddAfterStartupSteps(later => later.AddHostedService<Sweep>());
        services.AddAfterStartupSteps(later => later.AddHostedService(provider => provider.GetRequiredService<ApiTokenUses>()));
        services.AddHealthChecks().AddCheck<ConfigurationLogHealth>("configuration");
        services.AddSingleton<WriterGate>();
        services.AddScoped<ConfigurationWriter>();
        services.AddScoped<ChangeAnswers>();
        services.AddScoped<DeadLetterActions>();
        services.AddSingleton<ConfigurationHistory>();
        services.AddSingleton<DocumentPages>();
        services.AddSingleton<OpenApiDocument>();
        services.AddScoped<DryRunAnswer>();
        services.AddScoped<LiveGrants>();
        services.AddOutbound();
        services.AddSingleton<OriginReader>();
        services.AddSingleton<ApplicationReader>();
        services.AddSingleton<ProviderUrls>();
        services.AddSingleton<SealedMembers>();
        services.AddSingleton<ProviderSecrets>();
        services.AddSingleton<OidcSettingsReader>();
        services.AddSingleton<IdentityProviderReader>();
        services.AddSingleton<PolicyStreams>();
        services.AddTransfer();

        // In the order in which they can be made: what others refer to first. An exported file has them in this order.
        services.AddKind<Tag, TagObject, TagKind>();
        services.AddKind<AccessList, AccessListObject, AccessListKind>();
        services.AddKind<CustomPage, CustomPageObject, CustomPageKind>();
        services.AddKind<Organization, OrganizationObject, OrganizationKind>();
        services.AddKind<IdentityProvider, IdentityProviderObject, IdentityProviderKind>();
        services.AddKind<ServiceToken, ServiceTokenObject, ServiceTokenKind>();
        services.AddKind<Group, GroupObject, GroupKind>();
        services.AddKind<Policy, PolicyObject, PolicyKind>();
        services.AddKind<Application, ApplicationObject, ApplicationKind>();
        services.AddKind<ApiToken, ApiTokenObject, ApiTokenKind>();
        services.AddPortals();
        services.AddKind<McpServer, McpServerObject, McpServerKind>();
        services.AddKind<McpPortal, McpPortalObject, McpPortalKind>();
        services.AddSingleton<IObjectKind, McpCatalogKind>();
        services.AddGrpc();
        services.AddServiceClient<GrantQueries.GrantQueriesClient>("token");
        services.AddServiceClient<ProviderTests.ProviderTestsClient>("authorization-server");
        services.AddServiceClient<SigningKeyAdmin.SigningKeyAdminClient>("token");
        services.AddServiceClient<UserQueries.UserQueriesClient>("authorization-server");
        services.AddServiceClient<Registrations.RegistrationsClient>("authorization-server");
        services.AddServiceClient<ScimQueries.ScimQueriesClient>("authorization-server");
        services.AddSingleton<Revocations>();
        services.AddSingleton<InactivityTask>();
        services.AddAfterStartupSteps(later => later.AddHostedService(provider => provider.GetRequiredService<InactivityTask>()));
        services.AddSingleton<ExpiryWatch>();
        services.AddAfterStartupSteps(later => later.AddHostedService(provider => provider.GetRequiredService<ExpiryWatch>()));
        services.AddSingleton<PolicyTester>();
        services.AddSingleton<OwnPolicySweep>();
        services.AddAfterStartupSteps(later => later.AddHostedService(provider => provider.GetRequiredService<OwnPolicySweep>()));
        services.AddSingleton<PolicyTestStore>();
        services.AddSingleton<ApiTokenUseSweep>();
        services.AddAfterStartupSteps(later => later.AddHostedService(provider => provider.GetRequiredService<ApiTokenUseSweep>()));
        services.AddSingleton<RefusalSweep>();
        services.AddAfterStartupSteps(later => later.AddHostedService(provider => provider.GetRequiredService<RefusalSweep>()));
        return builder;
    }

    /// <summary><c>/client/v4</c>: every path needs an API token; an unknown one answers in the envelope.</summary>
    public static WebApplication MapAdminApi(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var api = app.MapGroup("/client/v4").AddEndpointFilter<OutageFilter>().AddEndpointFilter<ApiTokenFilter>().AddEndpointFilter<FreshFilter>();
        var account = api.MapGroup("/accounts/{account}").AddEndpointFilter<AccountFilter>().AddEndpointFilter<DryRunFilter>()
            .AddEndpointFilter<AppliedFilter>().AddEndpointFilter<IdempotencyFilter>().LimitBody(JsonBody.MaximumLength);
        var others = account.MapGroup("").WithDryRun();
        others.MapApiTokens();
        others.MapLists();
        var access = account.MapGroup("/access");
        var objects = access.MapGroup("").WithDryRun();
        objects.MapApplications();
        objects.MapApplicationPolicies();
        objects.MapObjects<Policy, PolicyObject>();
        objects.MapObjects<Group, GroupObject>();
        objects.MapIdentityProviders();
        objects.MapServiceTokens();
        objects.MapTags();
        objects.MapObjects<CustomPage, CustomPageObject>();
        objects.MapOrganizations();
        objects.MapMcpServers().MapServerActions();
        objects.MapAlerts();
        objects.MapMcpPortals();
        var kinds = app.Services.GetServices<IObjectKind>().ToLookup(kind => kind.IsUnderAccess);
        access.MapVersions(kinds[true]);
        account.MapVersions(kinds[false]);
        access.MapChanges();
        access.MapFeedStatus();
        access.MapTransfer();
        access.MapFigures();
        access.MapGrants();
        access.MapOAuthClients();
        access.MapUsers();
        access.MapAccessRequests();
        access.MapScimUpdates();
        access.MapRefusals();
        access.MapPolicyTests();
        access.MapUserPolicyChecks();
        access.MapRefusedRedirectUris();
        access.MapKeys();
        access.MapPortalLog();
        access.MapDeadLetters();
        api.MapOpenApi();
        api.Map("/{**path}", () => ApiEnvelope.Error(StatusCodes.Status404NotFound, new ApiError(7003, "Could not route to this path, perhaps your object identifier is invalid?"))).AllowAnyPermission();
        app.CheckPermissions("/client/v4");
        return app;
    }

    private static void AddKind<TState, TObject, TKind>(this IServiceCollection services)
        where TState : ConfigurationRecord
        where TObject : ConfigurationObject<TState>, new()
        where TKind : ObjectKind<TState, TObject>
    {
        services.AddSingleton<TKind>();
        services.AddSingleton<ObjectKind<TState, TObject>>(provider => provider.GetRequiredService<TKind>());
        services.AddSingleton<IObjectKind>(provider => provider.GetRequiredService<TKind>());
        services.AddScoped<ObjectEndpoints<TState, TObject>>();
        services.AddScoped<ObjectRestore<TState, TObject>>();
    }
}
