using ManagedOAuth.AuthorizationServer.Admission;
using ManagedOAuth.AuthorizationServer.Consent;
using ManagedOAuth.AuthorizationServer.Diagnostics;
using ManagedOAuth.AuthorizationServer.Directory;
using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.Pages;
using ManagedOAuth.AuthorizationServer.Rules;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Token;

namespace ManagedOAuth.AuthorizationServer.Login;

/// <summary>What follows once it is known who the user is: the policies, then consent for an OAuth client, or a session for a browser.</summary>
public static class AfterLogin
{
    /// <summary>Goes on with a signed-on user.</summary>
    public static async Task<IResult> ContinueAsync(LoginFlow flow, TeamSession session)
    {
        ArgumentNullException.ThrowIfNull(flow);
        var decision = Admissions.Decide(flow.Scope.Snapshot, flow.Application, Admissions.IdentityOf(session), flow.Scope.Edge.ClientAddress);
        if (IsOpen(flow, session, decision))
        {
            session = await LoginEvaluation.AskAsync(flow, session);
            decision = Admissions.Decide(flow.Scope.Snapshot, flow.Application, Admissions.IdentityOf(session), flow.Scope.Edge.ClientAddress);
            if (IsOpen(flow, session, decision))
            {
                // Nobody said no, so it is no refusal and not recorded as one.
                Instruments.Decided("outage");
                return ProviderPages.NotDecided(flow.Application.Name, flow.LoginPath);
            }
        }

        if (!decision.AdmitsUser)
        {
            if (flow.Transaction.DeniedLoginId != session.LoginId)
            {
                await flow.Http.RequestServices.GetRequiredService<DenialLog>().ByPolicyAsync(
                    flow.Transaction, session, decision, flow.ClientAddress, flow.Http.RequestAborted);
            }

            return flow.Transaction.Authorization is { } request ? await RefuseAsync(flow, request) : await DeniedAsync(flow, session);
        }

        return flow.Transaction.Authorization is not null ? new SeeOther(flow.ConsentPath) : await OpenSessionAsync(flow, session, decision);
    }

    private static bool IsOpen(LoginFlow flow, TeamSession session, PolicyDecision decision)
        => ExternalEvaluationRules.AreMissing(flow.Scope.Snapshot, flow.Application, Admissions.IdentityOf(session), decision);

    /// <summary>Ends the transaction and tells the client that access is denied.</summary>
    public static async Task<IResult> RefuseAsync(LoginFlow flow, AuthorizationEnd request)
    {
        ArgumentNullException.ThrowIfNull(flow);
        await flow.Http.RequestServices.GetRequiredService<TransactionStore>().EndAsync(flow.Stored, flow.Http.RequestAborted);
        return AuthorizationAnswers.Error(request, Errors.AccessDenied, "Access was denied.");
    }

    private static async Task<IResult> DeniedAsync(LoginFlow flow, TeamSession session)
    {
        // If another request changed the transaction meanwhile, a later load is recorded once more: better than not at all.
        await flow.ReplaceAsync(flow.Transaction with { DeniedLoginId = session.LoginId });
        return Uri.TryCreate(flow.Application.CustomDenyUrl, UriKind.Absolute, out var own) && own.Scheme == Uri.UriSchemeHttps
            ? new SeeOther(own.AbsoluteUri)
            : flow.Scope.Snapshot.CustomPageOf(flow.Application, CustomPageType.IdentityDenied) is { } page ? new CustomDeniedPage(page)
            : LoginPages.Denied(flow.View("login"), session.Email, flow.Application.CustomDenyMessage);
    }

    private static async Task<IResult> OpenSessionAsync(LoginFlow flow, TeamSession session, PolicyDecision decision)
    {
        var end = flow.Transaction.Browser!;
        if (!await flow.Http.RequestServices.GetRequiredService<TransactionStore>().EndAsync(flow.Stored, flow.Http.RequestAborted))
        {
            // A second load of the page: the first one has the session, or begins anew at the application.
            return new SeeOther(end.Origin + end.ReturnPath);
        }

        var reply = await flow.Http.RequestServices.GetRequiredService<Codes.CodesClient>().OpenSessionAsync(
            new OpenSessionRequest
            {
                ApplicationId = flow.Application.Id.ToString(),
                Identity = TokenMessages.IdentityOf(session),
                Decision = TokenMessages.DecisionOf(decision),
                FlowId = flow.Transaction.FlowId,
                ClientAddress = flow.ClientAddress,
                UserAgent = DisplayText.Clean(flow.Http.Request.Headers.UserAgent.ToString(), 256),
            },
            cancellationToken: flow.Http.RequestAborted);
        await flow.Http.RequestServices.GetRequiredService<AccessLog>().AllowedAsync(flow.Transaction, session, decision, flow.ClientAddress, flow.Http.RequestAborted);
        Instruments.Decided("session");
        return new SeeOther(RedirectTarget.With(
            end.Origin + Paths.Authorized, ("code", reply.Code), ("state", end.State.Length == 0 ? null : end.State), ("redirect_url", end.ReturnPath)));
    }
}
