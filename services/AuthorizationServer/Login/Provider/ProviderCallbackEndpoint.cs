using ManagedOAuth.AuthorizationServer.Admission;
using ManagedOAuth.AuthorizationServer.Diagnostics;
using ManagedOAuth.AuthorizationServer.Directory;
using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.IdentityProviders;
using ManagedOAuth.AuthorizationServer.Pages;
using ManagedOAuth.AuthorizationServer.Scim;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.Outbound;

namespace ManagedOAuth.AuthorizationServer.Login.Provider;

/// <summary>
/// <c>GET /cdn-cgi/access/callback</c>, the one redirect URI of all providers (RFC 6749 §4.1.2). 1 the parameters are readable and none is repeated;
/// 2 the state is known; 3 it belongs to a transaction of this browser, so that nobody can be logged in by somebody else's answer; 4 it is used
/// up; 5 the provider that it names may still be used here; 6 the answer is of that provider (RFC 9207: no mix-up); 7 the code is exchanged;
/// 8 a session begins. Steps 1 to 3 use nothing up.
/// </summary>
public static partial class ProviderCallbackEndpoint
{
    private const int MaximumCode = 4096;
    private const int SwapAttempts = 4;

    /// <summary>Ends a login at a provider.</summary>
    public static async Task<IResult> HandleAsync(HttpContext context, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(context);
        var services = context.RequestServices;
        var states = services.GetRequiredService<ProviderStates>();
        if (!Parameters.TryParse(context.Request.QueryString.Value ?? "", out var query)
            || query.Repeated.Any()
            || await states.FindAsync(query.One("state"), cancellation) is not { } state)
        {
            return ErrorPage.TransactionGone();
        }

        var (flow, error) = await LoginFlow.OpenAsync(context, state.TransactionId, mayClaim: false);
        if (flow is null)
        {
            return error!;
        }

        if (!await states.TakeAsync(state, cancellation))
        {
            return ErrorPage.TransactionGone();
        }

        if (Admissions.UsableProviders(flow.Scope.Snapshot, flow.Application).FirstOrDefault(usable => usable.Id == state.ProviderId) is not { } provider
            || services.GetRequiredService<Providers>().For(provider) is not { } speaker)
        {
            return new SeeOther(flow.LoginPath);
        }

        try
        {
            return await EndAsync(flow, provider, speaker, state, query, cancellation);
        }
        catch (OutboundUnavailableException away)
        {
            return await services.GetRequiredService<ProviderLogins>().UnavailableAsync(flow, provider, away);
        }
    }

    private static async Task<IResult> EndAsync(
        LoginFlow flow, IdentityProvider provider, IProvider speaker, ProviderState state, Parameters query, CancellationToken cancellation)
    {
        if (!await speaker.IsIssuerAsync(provider, query.One("iss"), cancellation))
        {
            return await RefuseAsync(flow, provider, "wrong_issuer", "The answer came from another identity provider.");
        }

        if (query.Has("error"))
        {
            return query.One("error") is "server_error" or "temporarily_unavailable"
                ? throw new OutboundUnavailableException("The provider says that it cannot log anybody in right now.")
                : await RefuseAsync(flow, provider, "provider_error", query.One("error") == "access_denied" ? "The sign-in there was not finished, or not allowed." : "It answered with an error.");
        }

        if (query.One("code") is not { Length: <= MaximumCode } code)
        {
            return await RefuseAsync(flow, provider, "no_code", "It answered without a code.");
        }

        var answer = await speaker.RedeemAsync(ProviderLogins.Of(flow, provider, state), code, cancellation);
        return answer.Refusal is { } refusal ? await RefuseAsync(flow, provider, refusal, answer.Explanation)
            : flow.Transaction.Test is not null ? await ProviderTrials.SucceedAsync(flow, answer)
            : (await flow.Http.RequestServices.GetRequiredService<Provisioning>().FindAsync(provider.Id, answer.Email, cancellation)).Refusal is not null
                ? await RefuseAsync(flow, provider, "deprovisioned", "This account is no longer active there.", answer.Email)
            : await BeginSessionAsync(flow, provider, answer, cancellation);
    }

    private static async Task<IResult> BeginSessionAsync(LoginFlow flow, IdentityProvider provider, ProviderAnswer answer, CancellationToken cancellation)
    {
        var services = flow.Http.RequestServices;
        var transactions = services.GetRequiredService<TransactionStore>();
        var login = new NewLogin(Guid.NewGuid(), answer.Email, provider, flow.Application.Id, flow.ClientAddress, flow.Transaction.FlowId) { Answer = answer };

        // Another tab may change the transaction meanwhile; what it wrote stays, the login is noted beside it.
        StoredTransaction? noted = null;
        var current = flow.Stored;
        for (var attempt = 1; noted is null && attempt <= SwapAttempts; attempt++)
        {
            noted = await transactions.ReplaceAsync(current, current.Value with { LoginId = login.LoginId, Pin = null }, cancellation);
            if (noted is null && await transactions.FindAsync(current.Value.Id, cancellation) is { } newer)
            {
                current = newer;
            }
        }

        if (noted is null)
        {
            return ErrorPage.TransactionGone();
        }

        var (_, cookie, life) = await services.GetRequiredService<TeamSessions>().BeginAsync(
            login, flow.Organization, TeamSessionCookie.Read(flow.Http, flow.TeamOrigin), cancellation);
        TeamSessionCookie.Set(flow.Http, flow.TeamOrigin, cookie, life);
        Instruments.Login("ok");
        return new SeeOther(flow.LoginPath);
    }

    private static async Task<IResult> RefuseAsync(LoginFlow flow, IdentityProvider provider, string refusal, string explanation, string email = "")
    {
        Instruments.Login("provider_refused");
        if (flow.Transaction.Test is null)
        {
            await flow.Http.RequestServices.GetRequiredService<AccessLog>().FailedAsync(
                flow.Transaction, (provider.Id, provider.Type), email, $"provider_refused: {refusal}", flow.Scope.Edge.ClientAddress, flow.Http.RequestAborted);
        }

        var logger = flow.Http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ProviderCallbackEndpoint));
        LogRefused(logger, provider.Id, refusal, flow.Transaction.FlowId);
        await ProviderTrials.ReportAsync(flow, test => test with { Status = "refused", Explanation = $"{refusal}: {explanation}" });
        return ProviderPages.Refused(provider.Name, explanation, flow.LoginPath);
    }

    [LoggerMessage(1, LogLevel.Warning, "An answer of the identity provider {ProviderId} was refused: {Refusal}, flow {FlowId}", EventName = "ProviderAnswerRefused")]
    private static partial void LogRefused(ILogger logger, Guid providerId, string refusal, string flowId);
}
