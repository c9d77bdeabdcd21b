using ManagedOAuth.AuthorizationServer.Admission;
using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.IdentityProviders;
using ManagedOAuth.AuthorizationServer.Login.Provider;
using ManagedOAuth.AuthorizationServer.Pages;
using ManagedOAuth.AuthorizationServer.Pin;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.ServiceDefaults.RateLimits;

namespace ManagedOAuth.AuthorizationServer.Login;

/// <summary>
/// Login at the team domain. GET shows where the transaction stands: signed on already (goes on at once), choice of identity provider, address, PIN.
/// POST takes one of <c>email</c>, <c>pin</c>, <c>action=resend|restart|switch</c>. One segment below, a GET goes to a chosen provider, and all
/// providers come back to one callback.
/// </summary>
public static class LoginEndpoints
{
    private const string Form = "login";
    private const int MaximumForm = 4096;

    /// <summary>Maps the login paths.</summary>
    public static void MapLogin(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var group = endpoints.MapPages();
        group.MapGet(Paths.Login, (Delegate)BrowserLoginEndpoint.HandleAsync).LimitRate(PageRoutes.Opened, RateLimitSubjects.Source, PageRoutes.TooMany);
        group.MapGet(Paths.Login + "/{id}", ShowAsync);
        group.MapPost(Paths.Login + "/{id}", SubmitAsync).LimitBody(MaximumForm);
        group.MapGet(Paths.Login + "/{id}/{provider:guid}", LeaveAsync).LimitRate(PageRoutes.Opened, RateLimitSubjects.Source, PageRoutes.TooMany);
        group.MapGet(Paths.Callback, ProviderCallbackEndpoint.HandleAsync).LimitRate(PageRoutes.Opened, RateLimitSubjects.Source, PageRoutes.TooMany);
    }

    private static async Task<IResult> ShowAsync(HttpContext context, string id)
    {
        var (flow, error) = await LoginFlow.OpenAsync(context, id, mayClaim: true);
        if (flow is null)
        {
            return error!;
        }

        if (flow.Transaction.Test is { } test)
        {
            return await context.RequestServices.GetRequiredService<ProviderTrials>().ShowAsync(flow, test);
        }

        if (await flow.FindSessionAsync() is { } session)
        {
            return await AfterLogin.ContinueAsync(flow, session);
        }

        var usable = Admissions.UsableProviders(flow.Scope.Snapshot, flow.Application);
        if (usable.Count == 0)
        {
            return ErrorPage.NoProvider();
        }

        // Somebody who asked for another account stays here: the silent answer of the provider would be the account they came from.
        if (usable is [{ Type: not ProviderTypes.OneTimePin } only] && IsAutomatic(flow) && !flow.Transaction.ForceLogin)
        {
            return await context.RequestServices.GetRequiredService<ProviderLogins>().BeginAsync(flow, only);
        }

        return flow.Transaction.Pin is null ? Ask(flow, usable) : AskPin(flow);
    }

    private static async Task<IResult> LeaveAsync(HttpContext context, string id, Guid provider)
    {
        var (flow, error) = await LoginFlow.OpenAsync(context, id, mayClaim: false);
        if (flow is null)
        {
            return error!;
        }

        // One that was removed, or is no longer allowed, since the page was made: the page shows what there is now.
        return OthersOf(Admissions.UsableProviders(flow.Scope.Snapshot, flow.Application)).FirstOrDefault(other => other.Id == provider) is { } chosen
            ? await context.RequestServices.GetRequiredService<ProviderLogins>().BeginAsync(flow, chosen)
            : new SeeOther(flow.LoginPath);
    }

    // The organization's setting is for every application; an application of its own has it besides.
    private static bool IsAutomatic(LoginFlow flow) => flow.Application.AutoRedirectToIdentity || flow.Organization.AutoRedirectToIdentity;

    private static Page Ask(LoginFlow flow, IReadOnlyList<IdentityProvider> usable, string? error = null, int status = StatusCodes.Status200OK)
    {
        var others = OthersOf(usable).ToList();
        return others.Count == 0
            ? LoginPages.AskEmail(flow.View(Form), error, status)
            : LoginPages.Choose(flow.View(Form), [.. others.Select(other => new LoginChoice(other.Name, $"{flow.LoginPath}/{other.Id}"))], PinOf(usable) is not null, error, status);
    }

    private static IEnumerable<IdentityProvider> OthersOf(IReadOnlyList<IdentityProvider> usable) => usable.Where(provider => provider.Type != ProviderTypes.OneTimePin);

    private static IdentityProvider? PinOf(IReadOnlyList<IdentityProvider> usable) => usable.FirstOrDefault(provider => provider.Type == ProviderTypes.OneTimePin);

    private static async Task<IResult> SubmitAsync(HttpContext context, string id)
    {
        var (flow, error) = await LoginFlow.OpenAsync(context, id, mayClaim: false);
        if (flow is null)
        {
            return error!;
        }

        if (flow.Transaction.Test is not null)
        {
            return new SeeOther(flow.LoginPath);
        }

        if (await RequestBodies.ReadFormAsync(context.Request, MaximumForm) is not { } form || !flow.IsCsrfToken(form.One("csrf"), Form))
        {
            return ErrorPage.Forged(flow.LoginPath);
        }

        var usable = Admissions.UsableProviders(flow.Scope.Snapshot, flow.Application);
        if (usable.Count == 0)
        {
            return ErrorPage.NoProvider();
        }

        var pinProvider = PinOf(usable);
        return (form.One("action"), flow.Transaction.Pin) switch
        {
            ("switch", _) => await ChangeAsync(flow, flow.Transaction with { ForceLogin = true, LoginId = null, Pin = null }),
            ("restart", _) => await ChangeAsync(flow, flow.Transaction with { Pin = null }),
            _ when pinProvider is null => new SeeOther(flow.LoginPath),
            ("resend", { } asked) => await AskAsync(flow, asked.Email, pinProvider, usable),
            _ when form.One("pin") is { } pin => await CheckAsync(flow, pin),
            _ when EmailAddress.TryNormalize(form.One("email"), out var email) => await AskAsync(flow, email, pinProvider, usable),
            _ => Ask(flow, usable, "Enter an e-mail address such as name@example.com.", StatusCodes.Status400BadRequest),
        };
    }

    private static async Task<IResult> AskAsync(LoginFlow flow, string email, IdentityProvider provider, IReadOnlyList<IdentityProvider> usable)
    {
        var pins = flow.Http.RequestServices.GetRequiredService<PinLogin>();
        var asked = await pins.AskAsync(
            flow.Stored, flow.Cookie, email, provider, flow.Application, flow.Scope.Snapshot, flow.Scope.Edge.ClientAddress, flow.Http.RequestAborted);
        return asked == PinAsked.TooMany
            ? Ask(flow, usable, "Too many codes were asked for. Wait a few minutes, then start again from the application.", StatusCodes.Status429TooManyRequests)
            : new SeeOther(flow.LoginPath);
    }

    private static async Task<IResult> CheckAsync(LoginFlow flow, string pin)
    {
        // An identity provider that was removed, or is no longer allowed, between the two forms logs nobody in.
        if (flow.Transaction.Pin is not { } challenge
            || Admissions.UsableProviders(flow.Scope.Snapshot, flow.Application).FirstOrDefault(usable => usable.Id == challenge.ProviderId) is not { Type: ProviderTypes.OneTimePin } provider)
        {
            return new SeeOther(flow.LoginPath);
        }

        var services = flow.Http.RequestServices;
        var loginId = Guid.NewGuid();
        var (result, _) = await services.GetRequiredService<PinLogin>().CheckAsync(
            flow.Stored, flow.Cookie, pin, flow.Scope.Edge.ClientAddress, loginId, flow.Http.RequestAborted);
        switch (result)
        {
            case PinChecked.Right:
                break;
            case PinChecked.Changed:
                return new SeeOther(flow.LoginPath);
            case PinChecked.TooMany:
                return AskPin(flow, "Too many attempts. Ask for a new code, or wait an hour if that does not help.", StatusCodes.Status429TooManyRequests);
            default:
                return AskPin(flow, "That is not the code. Check the newest e-mail, or ask for a new code.", StatusCodes.Status400BadRequest);
        }

        var login = new NewLogin(loginId, challenge.Email, provider, flow.Application.Id, flow.ClientAddress, flow.Transaction.FlowId);
        var (_, cookie, life) = await services.GetRequiredService<TeamSessions>().BeginAsync(
            login, flow.Organization, TeamSessionCookie.Read(flow.Http, flow.TeamOrigin), flow.Http.RequestAborted);
        TeamSessionCookie.Set(flow.Http, flow.TeamOrigin, cookie, life);
        Diagnostics.Instruments.Login("ok");

        // On by the front door: the page of the transaction finds the new session, as it finds one that was there before.
        return new SeeOther(flow.LoginPath);
    }

    private static async Task<IResult> ChangeAsync(LoginFlow flow, Transaction next)
    {
        // When another tab was faster its change stands, and the page shows it.
        await flow.Http.RequestServices.GetRequiredService<TransactionStore>().ReplaceAsync(flow.Stored, next, flow.Http.RequestAborted);
        return new SeeOther(flow.LoginPath);
    }

    private static Page AskPin(LoginFlow flow, string? error = null, int status = StatusCodes.Status200OK)
    {
        var now = flow.Http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        var minutes = Math.Max(1, (int)Math.Ceiling((flow.Transaction.ExpiresAt - now).TotalMinutes));
        return LoginPages.AskPin(
            flow.View(Form), flow.Transaction.Pin!.Email, minutes, flow.Transaction.PinsAsked < PinLogin.MaximumPins, error, status);
    }
}
