using ManagedOAuth.AuthorizationServer.Clients;
using ManagedOAuth.AuthorizationServer.Consent;
using ManagedOAuth.AuthorizationServer.Diagnostics;
using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.Metadata;
using ManagedOAuth.AuthorizationServer.Pages;
using ManagedOAuth.AuthorizationServer.Rules;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.ServiceDefaults.RateLimits;

namespace ManagedOAuth.AuthorizationServer.Authorization;

/// <summary>
/// The authorization endpoint (OAuth 2.1 §3.1) at application domains, by GET or form post: read the parameters, look the client up,
/// <see cref="AuthorizationRules.All"/>, begin a transaction, go on to login at the team domain. No CORS here, ever (RFC 9700 §2.6).
/// </summary>
public static partial class AuthorizationEndpoint
{
    private const int MaximumForm = 32 * 1024;

    /// <summary>Maps the endpoint.</summary>
    public static void MapAuthorization(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var group = endpoints.MapPages();
        group.MapGet(Paths.Authorization, (Delegate)HandleAsync).LimitRate(PageRoutes.Opened, RateLimitSubjects.Source, PageRoutes.TooMany);
        group.MapPost(Paths.Authorization, (Delegate)HandleAsync).LimitBody(MaximumForm).LimitRate(PageRoutes.Opened, RateLimitSubjects.Source, PageRoutes.TooMany);
    }

    private static async Task<IResult> HandleAsync(HttpContext context)
    {
        var scope = RequestScope.Of(context);
        if (!scope.IsLoaded || scope.TeamOrigin is not { } teamOrigin)
        {
            return ErrorPage.NotReady();
        }

        if (scope.ManagedApplication is not { } application)
        {
            return ErrorPage.NotFound();
        }

        var parameters = await ReadAsync(context.Request);
        var clientId = parameters?.One(AuthorizationParameters.ClientId);
        var client = clientId is null ? null : await context.RequestServices.GetRequiredService<ClientRegistry>().FindAsync(application.Id, clientId, context.RequestAborted);
        var request = new AuthorizationContext(parameters, application, client);
        if (AuthorizationRules.All.FirstViolation(request) is { } violation)
        {
            Instruments.Authorized(violation.Rule.Id);
            var logger = context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(AuthorizationEndpoint));
            LogRefused(logger, violation.Rule.Id, application.Id, scope.Edge.FlowId);
            return Refuse(context, request, violation.Rejection);
        }

        try
        {
            var stored = await BeginAsync(context, scope, application, request);
            Instruments.Authorized("ok");
            return new SeeOther($"{teamOrigin}{Paths.Login}/{stored.Value.Id}");
        }
        catch (HotStoreUnavailableException)
        {
            // Client and redirect URI are proven: the client is told that it may try again (RFC 6749 §4.1.2.1).
            Instruments.Authorized("outage");
            return Refuse(context, request, new Rejection(Errors.TemporarilyUnavailable, "The authorization server is not available right now."));
        }
    }

    private static Task<StoredTransaction> BeginAsync(HttpContext context, RequestScope scope, Application application, AuthorizationContext request)
        => context.RequestServices.GetRequiredService<TransactionStore>().BeginAsync(
            (id, expiresAt) => new Transaction
            {
                Id = id,
                ApplicationId = application.Id,
                FlowId = scope.Edge.FlowId,
                ExpiresAt = expiresAt,
                ForceLogin = request.ForceLogin,
                Authorization = new AuthorizationEnd(
                    request.Client!.Id,
                    request.Client.Name,
                    request.RedirectUri,
                    request.State,
                    request.CodeChallenge,
                    request.Resource,
                    request.Scope,
                    MetadataDocuments.IssuerOf(application)),
            },
            context.RequestAborted);

    private static async Task<Parameters?> ReadAsync(HttpRequest request)
    {
        if (HttpMethods.IsPost(request.Method))
        {
            return await RequestBodies.ReadFormAsync(request, MaximumForm);
        }

        return Parameters.TryParse(request.QueryString.Value ?? "", out var parameters) ? parameters : null;
    }

    private static IResult Refuse(HttpContext context, AuthorizationContext request, Rejection rejection)
    {
        if (request.MayRedirect)
        {
            return AuthorizationAnswers.Error(
                request.RedirectUri, request.State, MetadataDocuments.IssuerOf(request.Application), rejection.Error, rejection.Description);
        }

        // Clients that look before they open a browser read this; on invalid_client they register again.
        if (context.Request.Headers.Accept.ToString().StartsWith("application/json", StringComparison.OrdinalIgnoreCase))
        {
            return new JsonError(rejection.Error, rejection.Description);
        }

        return ErrorPage.Of(
            StatusCodes.Status400BadRequest,
            "This request cannot be answered",
            rejection.Description,
            "Go back to the client that sent you here and connect it again. If that does not help, give its developer the reference below.");
    }

    [LoggerMessage(1, LogLevel.Information, "Authorization request refused by {Rule} at application {ApplicationId}, flow {FlowId}", EventName = "AuthorizationRefused")]
    private static partial void LogRefused(ILogger logger, string rule, Guid applicationId, string flowId);

    private sealed class JsonError(string error, string description) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => JsonErrors.Write(httpContext, StatusCodes.Status400BadRequest, error, description);
    }
}
