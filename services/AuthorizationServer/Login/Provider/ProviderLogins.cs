using ManagedOAuth.AuthorizationServer.Diagnostics;
using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.IdentityProviders;
using ManagedOAuth.AuthorizationServer.Pages;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.Outbound;

namespace ManagedOAuth.AuthorizationServer.Login.Provider;

/// <summary>Sends the browser of a transaction to an identity provider.</summary>
public sealed partial class ProviderLogins(ProviderStates states, Providers providers, TimeProvider clock, ILogger<ProviderLogins> logger)
{
    /// <summary>Begins; gives the redirect, or a page when the provider is away.</summary>
    public async Task<IResult> BeginAsync(LoginFlow flow, IdentityProvider provider)
    {
        ArgumentNullException.ThrowIfNull(flow);
        ArgumentNullException.ThrowIfNull(provider);
        if (providers.For(provider) is not { } speaker)
        {
            return ErrorPage.NoProvider();
        }

        var cancellation = flow.Http.RequestAborted;
        var state = new ProviderState
        {
            Id = ProviderStates.NewId(),
            TransactionId = flow.Transaction.Id,
            ProviderId = provider.Id,
            ForceLogin = flow.Transaction.ForceLogin,
        };
        try
        {
            var url = await speaker.AuthorizationUrlAsync(Of(flow, provider, state), cancellation);
            await states.KeepAsync(state, flow.Transaction.ExpiresAt - clock.GetUtcNow(), cancellation);
            return new SeeOther(url);
        }
        catch (OutboundUnavailableException away)
        {
            return await UnavailableAsync(flow, provider, away);
        }
    }

    /// <summary>The login that a state stands for. Nonce and verifier come from the cookie: an answer that another browser fetched fails by both.</summary>
    public static ProviderLogin Of(LoginFlow flow, IdentityProvider provider, ProviderState state)
    {
        ArgumentNullException.ThrowIfNull(flow);
        ArgumentNullException.ThrowIfNull(state);
        return new ProviderLogin(
            provider,
            flow.TeamOrigin + Paths.Callback,
            state.Id,
            FlowCookie.Mac(flow.Cookie, "provider-nonce", state.Id),
            FlowCookie.Mac(flow.Cookie, "provider-verifier", state.Id),
            state.ForceLogin);
    }

    /// <summary>The page for a provider that is away, which a try is told as well. Nothing is lost: the transaction goes on when it is back.</summary>
    public async Task<IResult> UnavailableAsync(LoginFlow flow, IdentityProvider provider, OutboundUnavailableException away)
    {
        ArgumentNullException.ThrowIfNull(flow);
        ArgumentNullException.ThrowIfNull(provider);
        ArgumentNullException.ThrowIfNull(away);
        Instruments.Login("provider_unavailable");
        LogUnavailable(logger, provider.Id, flow.Transaction.FlowId, away.Message);
        await ProviderTrials.ReportAsync(flow, test => test with { Status = "unavailable", Explanation = away.Message });
        flow.Http.Response.Headers.RetryAfter = "5";
        return ProviderPages.Unavailable(provider.Name, flow.LoginPath);
    }

    [LoggerMessage(1, LogLevel.Warning, "The identity provider {ProviderId} is not available, flow {FlowId}: {Message}", EventName = "ProviderUnavailable")]
    private static partial void LogUnavailable(ILogger logger, Guid providerId, string flowId, string message);
}
