using Grpc.Core;
using ManagedOAuth.AuthorizationServer.Consent;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.Contracts.Token;

namespace ManagedOAuth.AuthorizationServer.Login;

/// <summary>Asks, through Token, the services that the application's <c>external_evaluation</c> rules name about a user who has logged in.</summary>
public static partial class LoginEvaluation
{
    /// <summary>
    /// The session with what they said, which the transaction keeps for its other pages. Who gave no answer is not among it; when Token itself does not
    /// answer, nobody is.
    /// </summary>
    public static async Task<TeamSession> AskAsync(LoginFlow flow, TeamSession session)
    {
        ArgumentNullException.ThrowIfNull(flow);
        ArgumentNullException.ThrowIfNull(session);
        try
        {
            var reply = await flow.Http.RequestServices.GetRequiredService<ExternalEvaluations.ExternalEvaluationsClient>().EvaluateAsync(
                new EvaluateRequest { ApplicationId = flow.Application.Id.ToString(), Identity = TokenMessages.IdentityOf(session), ClientAddress = flow.ClientAddress },
                cancellationToken: flow.Http.RequestAborted);
            var said = reply.Evaluations.ToDictionary(evaluation => evaluation.Key, evaluation => evaluation.Success, StringComparer.Ordinal);

            // When another tab changed the transaction meanwhile, the next page asks again.
            await flow.ReplaceAsync(flow.Transaction with { Evaluated = new EvaluatedLogin(session.LoginId, said) });
            return session with { Evaluations = said };
        }
        catch (RpcException away) when (!flow.Http.RequestAborted.IsCancellationRequested)
        {
            LogAway(flow.Http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(LoginEvaluation)), flow.Transaction.FlowId, away.StatusCode);
            return session with { Evaluations = null };
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "External evaluations for flow {FlowId} could not be asked: {Status}", EventName = "EvaluationsNotAsked")]
    private static partial void LogAway(ILogger logger, string flowId, StatusCode status);
}
