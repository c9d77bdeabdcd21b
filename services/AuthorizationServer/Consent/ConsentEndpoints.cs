using System.Data.Common;
using Grpc.Core;
using ManagedOAuth.AuthorizationServer.Admission;
using ManagedOAuth.AuthorizationServer.Clients;
using ManagedOAuth.AuthorizationServer.Diagnostics;
using ManagedOAuth.AuthorizationServer.Directory;
using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.Login;
using ManagedOAuth.AuthorizationServer.Pages;
using ManagedOAuth.AuthorizationServer.Rules;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.Contracts.Durations;
using ManagedOAuth.Contracts.OAuth;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Token;
using Marten.Exceptions;

namespace ManagedOAuth.AuthorizationServer.Consent;

/// <summary>
/// Consent at the team domain: GET shows what is asked, POST takes <c>action=approve|deny|switch</c>. The form's anti-forgery token holds for
/// one browser, transaction and login, so that what is approved was seen by the user who approves; the request itself comes from the stored
/// transaction alone, and the transaction can be ended once.
/// </summary>
public static partial class ConsentEndpoints
{
    private const string Form = "consent";
    private const int MaximumForm = 4096;

    /// <summary>Maps the consent paths.</summary>
    public static void MapConsent(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var group = endpoints.MapPages();
        group.MapGet(Paths.Consent + "/{id}", ShowAsync);
        group.MapPost(Paths.Consent + "/{id}", SubmitAsync).LimitBody(MaximumForm);
    }

    private static async Task<IResult> ShowAsync(HttpContext context, string id)
    {
        var (flow, error) = await LoginFlow.OpenAsync(context, id, mayClaim: true);
        if (flow is null)
        {
            return error!;
        }

        if (flow.Transaction.Authorization is not { } request || await flow.FindSessionAsync() is not { } session)
        {
            return new SeeOther(flow.LoginPath);
        }

        var decision = Decide(flow, session);
        if (!decision.AdmitsUser)
        {
            return new SeeOther(flow.LoginPath);
        }

        return ConsentPage.Of(flow.Application.Name, request, session.Email, DurationOf(flow), flow.CsrfToken(Form, session.Id));
    }

    private static async Task<IResult> SubmitAsync(HttpContext context, string id)
    {
        var (flow, error) = await LoginFlow.OpenAsync(context, id, mayClaim: false);
        if (flow is null)
        {
            return error!;
        }

        if (flow.Transaction.Authorization is not { } request
            || await RequestBodies.ReadFormAsync(context.Request, MaximumForm) is not { } form
            || await flow.FindSessionAsync() is not { } session
            || !flow.IsCsrfToken(form.One("csrf"), Form, session.Id))
        {
            return ErrorPage.Forged(flow.ConsentPath);
        }

        return form.One("action") switch
        {
            "approve" => await ApproveAsync(flow, request, session),
            "deny" => await DenyAsync(flow, request, session),
            "switch" => await SwitchAsync(flow),
            _ => ErrorPage.Forged(flow.ConsentPath),
        };
    }

    private static async Task<IResult> ApproveAsync(LoginFlow flow, AuthorizationEnd request, TeamSession session)
    {
        // Asked again on the configuration of this moment: the page may have stood open for minutes.
        var decision = Decide(flow, session);
        if (!decision.AdmitsUser)
        {
            return new SeeOther(flow.LoginPath);
        }

        var services = flow.Http.RequestServices;
        var client = await services.GetRequiredService<ClientRegistry>().FindAsync(flow.Application.Id, request.ClientId, flow.Http.RequestAborted);
        if (client is null || RedirectRules.Problem(flow.Application.OauthConfiguration!.DynamicClientRegistration, request.RedirectUri) is not null)
        {
            return ErrorPage.Of(StatusCodes.Status400BadRequest, "This client may no longer ask", "Its registration has ended, or the application's settings have changed.", "Go back to the client and connect it again.");
        }

        if (!await services.GetRequiredService<TransactionStore>().EndAsync(flow.Stored, flow.Http.RequestAborted))
        {
            return ErrorPage.TransactionGone();
        }

        try
        {
            await services.GetRequiredService<ConsentLog>().GivenAsync(client, flow.Transaction, session, flow.Http.RequestAborted);
            var reply = await services.GetRequiredService<Codes.CodesClient>().CreateCodeAsync(
                RequestOf(flow, request, session, decision), cancellationToken: flow.Http.RequestAborted);
            await services.GetRequiredService<AccessLog>().AllowedAsync(flow.Transaction, session, decision, flow.ClientAddress, flow.Http.RequestAborted);
            Instruments.Decided("code");
            return AuthorizationAnswers.Code(request, reply.Code);
        }
        catch (Exception exception) when (exception is RpcException or DbException or MartenException or TimeoutException)
        {
            // Client and redirect URI are proven, so the client gets to know (RFC 6749 §4.1.2.1); the user is not left on an error page.
            Instruments.Decided("outage");
            LogNoCode(services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ConsentEndpoints)), flow.Transaction.FlowId, exception.GetType().Name, exception.Message);
            var isOutage = exception is not RpcException { StatusCode: StatusCode.InvalidArgument or StatusCode.Internal or StatusCode.Unimplemented or StatusCode.PermissionDenied };
            return isOutage
                ? AuthorizationAnswers.Error(request, Errors.TemporarilyUnavailable, "The authorization server cannot issue codes right now.")
                : AuthorizationAnswers.Error(request, Errors.ServerError, "The authorization server could not issue a code.");
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "No code for flow {FlowId}, the client is told: {Error}: {Message}", EventName = "NoCode")]
    private static partial void LogNoCode(ILogger logger, string flowId, string error, string message);

    private static async Task<IResult> DenyAsync(LoginFlow flow, AuthorizationEnd request, TeamSession session)
    {
        await flow.Http.RequestServices.GetRequiredService<DenialLog>().ByUserAsync(
            flow.Transaction, session, Decide(flow, session), flow.ClientAddress, flow.Http.RequestAborted);
        return await AfterLogin.RefuseAsync(flow, request);
    }

    private static async Task<IResult> SwitchAsync(LoginFlow flow)
    {
        await flow.Http.RequestServices.GetRequiredService<TransactionStore>().ReplaceAsync(
            flow.Stored, flow.Transaction with { ForceLogin = true, LoginId = null, Pin = null }, flow.Http.RequestAborted);
        return new SeeOther(flow.LoginPath);
    }

    private static CreateCodeRequest RequestOf(LoginFlow flow, AuthorizationEnd request, TeamSession session, PolicyDecision decision) => new()
    {
        ApplicationId = flow.Application.Id.ToString(),
        ClientId = request.ClientId,
        ClientName = request.ClientName ?? "",
        TokenEndpointAuthMethod = "none",
        RedirectUri = request.RedirectUri,
        CodeChallenge = request.CodeChallenge,
        Resource = request.Resource,
        Scope = request.Scope,
        Identity = TokenMessages.IdentityOf(session),
        Decision = TokenMessages.DecisionOf(decision),
        FlowId = flow.Transaction.FlowId,
        ClientAddress = flow.ClientAddress,
    };

    private static PolicyDecision Decide(LoginFlow flow, TeamSession session)
        => Admissions.Decide(flow.Scope.Snapshot, flow.Application, Admissions.IdentityOf(session), flow.Scope.Edge.ClientAddress);

    private static string DurationOf(LoginFlow flow)
    {
        var text = flow.Application.OauthConfiguration!.Grant.SessionDuration;
        return !GoDuration.TryParse(text, out var duration) ? text
            : duration.TotalDays >= 2 ? $"{Math.Floor(duration.TotalDays)} days"
            : duration.TotalHours >= 2 ? $"{Math.Floor(duration.TotalHours)} hours"
            : $"{Math.Max(1, Math.Floor(duration.TotalMinutes))} minutes";
    }
}
