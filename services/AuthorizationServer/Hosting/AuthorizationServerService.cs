using ManagedOAuth.AuthorizationServer.Admission;
using ManagedOAuth.AuthorizationServer.Authorization;
using ManagedOAuth.AuthorizationServer.Clients;
using ManagedOAuth.AuthorizationServer.Consent;
using ManagedOAuth.AuthorizationServer.Directory;
using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.IdentityProviders;
using ManagedOAuth.AuthorizationServer.IdentityProviders.Grants;
using ManagedOAuth.AuthorizationServer.Login;
using ManagedOAuth.AuthorizationServer.Login.Provider;
using ManagedOAuth.AuthorizationServer.Logout;
using ManagedOAuth.AuthorizationServer.Mail;
using ManagedOAuth.AuthorizationServer.Metadata;
using ManagedOAuth.AuthorizationServer.MyAccess;
using ManagedOAuth.AuthorizationServer.Pin;
using ManagedOAuth.AuthorizationServer.Portals;
using ManagedOAuth.AuthorizationServer.Registration;
using ManagedOAuth.AuthorizationServer.Scim;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.AuthorizationServer.Upstream;
using ManagedOAuth.AuthorizationServer.Upstream.Connect;
using ManagedOAuth.AuthorizationServer.Upstream.Vault;
using ManagedOAuth.Contracts.Messages;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.ServiceDefaults.Store;
using Microsoft.Extensions.Options;
using Wolverine;

namespace ManagedOAuth.AuthorizationServer.Hosting;

/// <summary>What the authorization server is made of: discovery, registration, authorization, login and consent.</summary>
public static class AuthorizationServerService
{
    /// <summary>The service's name in the topology; its schema is the same with an underscore.</summary>
    public const string Name = "authorization-server";

    /// <summary>Its parts.</summary>
    public static void AddAuthorizationServer(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddServiceStore(Name, StoreConfiguration.Configure, Messages);
        builder.AddKeysAtRest();
        builder.AddHotStore();
        builder.AddConfigurationSnapshots();

        var services = builder.Services;
        services.AddOptions<SmtpOptions>().Bind(builder.Configuration.GetSection(SmtpOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<SmtpOptions>, SmtpOptionsValidator>();
        services.AddOptions<PinOptions>().Bind(builder.Configuration.GetSection(PinOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<AccessLogOptions>().BindConfiguration(AccessLogOptions.Section).Validate(settings => settings.IsValid, "AccessLog:Retention is from 1h to 87600h").ValidateOnStart();

        services.AddRateLimits();
        services.AddGrpc();
        services.AddServiceClient<Codes.CodesClient>("token");
        services.AddServiceClient<ExternalEvaluations.ExternalEvaluationsClient>("token");
        services.AddServiceClient<GrantQueries.GrantQueriesClient>("token");
        services.AddSingleton<OwnGrants>();

        services.AddSingleton<ClientRegistry>();
        services.AddSingleton<RefusedRedirectUris>();
        services.AddSingleton<DocumentCounts>();
        services.AddSingleton<ClientInventory>();
        services.AddSingleton<TeamSessions>();
        services.AddSingleton<TransactionStore>();
        services.AddSingleton<AccessLog>();
        services.AddSingleton<IReadModel>(provider => provider.GetRequiredService<AccessLog>());
        services.AddSingleton<DenialLog>();
        services.AddSingleton<ConsentLog>();
        services.AddSingleton<PinLogin>();
        services.AddIdentityProviders();
        services.AddSingleton<PortalDirectoryCache>();
        services.AddUpstream();
        services.AddScim();
        services.AddSingleton<SmtpSender>();
        services.AddSingleton<MailQueue>();
        services.AddHostedService(provider => provider.GetRequiredService<MailQueue>());
        services.AddHostedService<Housekeeping>();
    }

    /// <summary>What it serves, and where.</summary>
    public static void MapAuthorizationServer(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.MapDefaultEndpoints();
        app.UseEdgeRequests();
        app.UsePageSecurity();
        app.UseNothingHere();

        // At application domains.
        app.MapMetadata();
        app.MapRegistration();
        app.MapAuthorization();

        // At the team domain.
        app.MapLogin();
        app.MapConsent();
        app.MapLogout();
        app.MapMyAccess();
        app.MapSharedConnect();

        // At the domains of portals.
        app.MapPortals();
        app.MapUpstreamCallbacks();
        app.MapScim();

        // For the other services.
        app.MapGrpcService<ClientsService>();
        app.MapGrpcService<IdentitiesService>();
        app.MapGrpcService<ProviderTestsService>();
        app.MapGrpcService<UserQueriesService>();
        app.MapGrpcService<UpstreamCredentialsService>();
        app.MapGrpcService<RegistrationsService>();
        app.MapGrpcService<ScimQueriesService>();
    }

    private static void Messages(WolverineOptions options)
    {
        options.PublishMessage<ProvisioningChanged>().ToPostgresqlQueue("token");
        options.PublishMessage<UserRevoked>().ToPostgresqlQueue("token");
        options.PublishMessage<ClientBlocked>().ToPostgresqlQueue("token");
        options.PublishMessage<UpstreamLoginChanged>().ToPostgresqlQueue("config");
        options.PublishMessage<ForgetUpstreamLogins>().ToPostgresqlQueue(Name);
        options.PublishMessage<EndProviderSessions>().ToPostgresqlQueue(Name);
    }
}
