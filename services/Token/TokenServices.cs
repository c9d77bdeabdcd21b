using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Contracts.Messages;
using ManagedOAuth.Contracts.SigningKeys;
using ManagedOAuth.Token.Clients;
using ManagedOAuth.Token.Codes;
using ManagedOAuth.Token.Configuration;
using ManagedOAuth.Token.Evaluation;
using ManagedOAuth.Token.Expiry;
using ManagedOAuth.Token.Grants;
using ManagedOAuth.Token.Keys;
using ManagedOAuth.Token.Keys.Sealing;
using ManagedOAuth.Token.Keys.Signing;
using ManagedOAuth.Token.Queries;
using ManagedOAuth.Token.Reevaluation;
using ManagedOAuth.Token.Refresh;
using ManagedOAuth.Token.Revocation;
using ManagedOAuth.Token.Sessions;
using ManagedOAuth.Token.TokenEndpoint;
using Marten;
using Marten.Events.Projections;
using Wolverine;

namespace ManagedOAuth.Token;

/// <summary>What this service is made of.</summary>
internal static class TokenServices
{
    public const string Name = "token";

    /// <summary>Grants, keys and what refers to them, in this service's schema; messages to and from others.</summary>
    public static void AddGrantStore(this WebApplicationBuilder builder)
        => builder.AddServiceStore(Name, Store, Messages);

    public static void AddTokenServices(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<TokenOptions>().BindConfiguration(TokenOptions.Section).Validate(
            options => options.SealingKeyPeriod >= TimeSpan.FromMinutes(1) && options.CodeLifetime > TimeSpan.Zero && options.EvaluationBatch is > 0 and <= 1000
                && options.LookupDeadline > TimeSpan.Zero && options.LookupDeadline <= TimeSpan.FromMinutes(1),
            "Token: SealingKeyPeriod must be a minute at least, CodeLifetime positive, EvaluationBatch 1 to 1000, LookupDeadline positive and a minute at most.").ValidateOnStart();
        services.AddSingleton<TokenMetrics>();
        services.AddSingleton<ConfigurationSource>();

        services.AddServiceClient<Contracts.AuthorizationServer.Clients.ClientsClient>("authorization-server");
        services.AddSingleton<IClientDirectory, ClientDirectory>();
        services.AddServiceClient<Contracts.AuthorizationServer.Identities.IdentitiesClient>("authorization-server");
        services.AddSingleton<IdentitySource>();

        services.AddOutbound();
        services.AddSingleton<EvaluationHttp>();
        services.AddSingleton<ExternalEvaluations>();

        services.AddSingleton<CodeStore>();
        services.AddSingleton<ICodes>(provider => provider.GetRequiredService<CodeStore>());
        services.AddSingleton<RevokedSubjects>();
        services.AddSingleton<GrantWriter>();
        services.AddSingleton<IGrants>(provider => provider.GetRequiredService<GrantWriter>());
        services.AddSingleton<GrantHistory>();
        services.AddSingleton<RefreshTurns>();
        services.AddSingleton<RedeemCode>();
        services.AddSingleton<RefreshGrant>();
        services.AddSingleton<RevokeToken>();
        services.AddSingleton<TokenExchange>();
        services.AddSingleton<GrantSweep>();
        services.AddSingleton<GrantUseLog>();
        services.AddSingleton<LiveGrantReader>();
        services.AddSingleton<GrantSummaries>();
        services.AddSingleton<ProvisionedGrants>();
        services.AddSingleton<LinkedAssertions>();

        services.AddSingleton<SigningKeys>();
        services.AddSingleton<SealingKeys>();
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<RevocationLog>();
        services.AddStartupStep<OpenSigningKeys>();
        services.AddAfterStartupSteps(later =>
        {
            later.AddHostedService<KeyKeeper>();
            later.AddHostedService<RevocationReader>();
            later.AddHostedService<SuccessorSweep>();
            later.AddHostedService<LeftoverSweep>();
        });
    }

    public static void MapTokenServices(this WebApplication app)
    {
        app.MapToken();
        app.MapRevocation();
        app.MapCerts();
        app.MapGrpcService<CodesService>();
        app.MapGrpcService<ExternalEvaluationsService>();
        app.MapGrpcService<EdgeSessionsService>();
        app.MapGrpcService<ReadingAssertionsService>();
        app.MapGrpcService<RevocationFeedService>();
        app.MapGrpcService<KeysService>();
        app.MapGrpcService<GrantQueriesService>();
        app.MapGrpcService<GrantUsesService>();
        app.MapGrpcService<SigningKeyAdminService>();
    }

    private static void Store(StoreOptions options)
    {
        foreach (var type in s_events)
        {
            options.Events.AddEventType(type);
        }

        options.Projections.Snapshot<Grant>(SnapshotLifecycle.Inline);
        options.Projections.Snapshot<SigningKeyRing>(SnapshotLifecycle.Inline);
        options.Schema.For<Grant>()
            .Index(grant => grant.Subject.ApplicationId)
            .Index(grant => grant.Subject.UserId)
            .Index(grant => grant.Subject.Email)
            .Index(grant => grant.Subject.ClientId)
            .Index(grant => grant.IssuedOrder)
            .Index(grant => grant.EndsOrder);
        options.Schema.For<RefreshSuccessor>().Index(successor => successor.ExpiresAt);
        options.Schema.For<RevocationEntry>().Index(entry => entry.LeavesAt);
        options.Schema.For<SealingKeyDocument>();
        options.Schema.For<SigningKeyMaterial>();
        options.Schema.For<FeedEpoch>();
        options.Schema.For<RevokedSubject>();
        options.Schema.For<GrantUse>();
        options.Serializer(StoreJson.Default, GrantEventsJson.Default);
    }

    private static void Messages(WolverineOptions options)
    {
        options.PublishMessage<ExpireGrant>().ToPostgresqlQueue(Name);
        options.PublishMessage<EvaluateGrants>().ToPostgresqlQueue(Name);
        options.PublishMessage<EndProviderGrants>().ToPostgresqlQueue(Name);
        options.PublishMessage<ProvisioningChanged>().ToPostgresqlQueue(Name);
        options.PublishMessage<UserRevoked>().ToPostgresqlQueue(Name);
        options.PublishMessage<ClientBlocked>().ToPostgresqlQueue(Name);
        options.PublishMessage<EvaluateProvisioned>().ToPostgresqlQueue(Name);
        options.PublishMessage<GrantOpened>().ToPostgresqlQueue("authorization-server");
        options.PublishMessage<GrantEnded>().ToPostgresqlQueue("authorization-server");
    }

    private static readonly Type[] s_events =
    [
        typeof(GrantIssued), typeof(GrantRefreshed), typeof(GrantRefreshRepeated), typeof(AccessTokenRevoked), typeof(LinkedAccessGiven), typeof(GrantIdentityChanged), typeof(GrantRefreshDenied), typeof(GrantDenied),
        typeof(GrantReplayDetected), typeof(GrantRevoked), typeof(GrantExpired),
        typeof(SigningKeyPublished), typeof(SigningKeyIntervalChanged), typeof(SigningKeyActivated), typeof(SigningKeyLongestAssertionRaised), typeof(SigningKeyRetired), typeof(SigningKeyRemoved),
    ];
}
