using ManagedOAuth.AuthorizationServer.Admission;
using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.Login.Provider;
using ManagedOAuth.AuthorizationServer.Pages;
using ManagedOAuth.AuthorizationServer.Scim;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.AuthorizationServer.Login;

/// <summary>A request for a page of a transaction, by the browser whose transaction it is.</summary>
public sealed class LoginFlow
{
    private LoginFlow(HttpContext http, RequestScope scope, StoredTransaction stored, Application application, string cookie)
        => (Http, Scope, Stored, Application, Cookie) = (http, scope, stored, application, cookie);

    public HttpContext Http { get; }

    public RequestScope Scope { get; }

    public StoredTransaction Stored { get; private set; }

    /// <summary>The transaction.</summary>
    public Transaction Transaction => Stored.Value;

    public Application Application { get; }

    /// <summary>The flow cookie, which is this transaction's.</summary>
    public string Cookie { get; }

    public Organization Organization => Scope.Snapshot.Organization!;

    public string TeamOrigin => Scope.TeamOrigin!;

    /// <summary>Address of the login page.</summary>
    public string LoginPath => $"{Paths.Login}/{Transaction.Id}";

    /// <summary>Address of the consent page.</summary>
    public string ConsentPath => $"{Paths.Consent}/{Transaction.Id}";

    /// <summary>Where the transaction's forms may lead to: the client, or the application.</summary>
    public string FormRedirect => Transaction.Authorization?.RedirectUri ?? Transaction.Browser?.Origin ?? TeamOrigin;

    /// <summary>For the record of events.</summary>
    public string ClientAddress => Scope.Edge.ClientAddress.ToString();

    /// <summary>
    /// Finds the transaction and ties it to the browser that opens it first. Gives the flow, or the page to answer with: not at the team domain,
    /// no such transaction, another browser's, the application gone.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="id">The transaction's id.</param>
    /// <param name="mayClaim">True for a page that is opened, false for a form that is posted.</param>
    public static async Task<(LoginFlow? Flow, Page? Error)> OpenAsync(HttpContext context, string id, bool mayClaim)
    {
        ArgumentNullException.ThrowIfNull(context);
        var scope = RequestScope.Of(context);
        if (!scope.IsLoaded || scope.TeamOrigin is null)
        {
            return (null, ErrorPage.NotReady());
        }

        if (!scope.IsTeamDomain)
        {
            return (null, ErrorPage.NotFound());
        }

        var transactions = context.RequestServices.GetRequiredService<TransactionStore>();
        var stored = await transactions.FindAsync(id, context.RequestAborted);
        if (stored is { Value.BrowserHash: null } && mayClaim)
        {
            stored = await ClaimAsync(context, scope, transactions, stored);
        }

        if (stored is null)
        {
            return (null, ErrorPage.TransactionGone());
        }

        FlowReference.Set(context, stored.Value.FlowId);
        var cookie = IssuedNow(context) ?? FlowCookie.Read(context, scope.TeamOrigin);
        if (stored.Value.BrowserHash is not { } hash || !FlowCookie.IsOf(cookie, hash))
        {
            return (null, ErrorPage.OtherBrowser());
        }

        if (stored.Value.Test is { } test)
        {
            return (new LoginFlow(context, scope, stored, ProviderTrials.ApplicationOf(test), cookie!), null);
        }

        return scope.Snapshot.Applications.TryGetValue(stored.Value.ApplicationId, out var application)
            && (stored.Value.Authorization is null || application.ManagedOAuth)
                ? (new LoginFlow(context, scope, stored, application, cookie!), null)
                : (null, ErrorPage.NoApplication());
    }

    /// <summary>The team session that counts in this transaction: of a provider that the application accepts, and of a new login where one is demanded.</summary>
    public async Task<TeamSession?> FindSessionAsync()
    {
        var sessions = Http.RequestServices.GetRequiredService<TeamSessions>();
        var session = await sessions.FindAsync(TeamSessionCookie.Read(Http, TeamOrigin), Organization, Http.RequestAborted);
        return session is not null
            && Admissions.UsableProviders(Scope.Snapshot, Application).Any(provider => provider.Id == session.ProviderId)
            && (!Transaction.ForceLogin || Transaction.LoginId == session.LoginId)
            && await Http.RequestServices.GetRequiredService<Provisioning>().ApplyAsync(session, Http.RequestAborted) is { } current
                ? current with { Evaluations = Transaction.Evaluated is { } evaluated && evaluated.LoginId == session.LoginId ? evaluated.Evaluations : null }
                : null;
    }

    /// <summary>Puts another state of the transaction in the place of this one; false when another request was faster, whose state then stands.</summary>
    public async Task<bool> ReplaceAsync(Transaction next)
    {
        if (await Http.RequestServices.GetRequiredService<TransactionStore>().ReplaceAsync(Stored, next, Http.RequestAborted) is not { } replaced)
        {
            return false;
        }

        Stored = replaced;
        return true;
    }

    /// <summary>The anti-forgery token of a form, bound to the browser, the transaction and what else the form stands for.</summary>
    public string CsrfToken(string form, string subject = "") => FlowCookie.Mac(Cookie, "csrf", form, Transaction.Id, subject);

    /// <summary>Whether a posted form carries that token.</summary>
    public bool IsCsrfToken(string? given, string form, string subject = "") => FlowCookie.IsMac(given, Cookie, "csrf", form, Transaction.Id, subject);

    /// <summary>What the pages show of the flow.</summary>
    public LoginView View(string form) => new(
        Application.Name,
        Transaction.Authorization is { } request ? request.ClientName ?? "an application without a name" : null,
        CsrfToken(form),
        FormRedirect);

    private static async Task<StoredTransaction?> ClaimAsync(HttpContext context, RequestScope scope, TransactionStore transactions, StoredTransaction stored)
    {
        var cookie = FlowCookie.ReadOrIssue(context, scope.TeamOrigin!);
        context.Items[typeof(FlowCookie)] = cookie;

        // Of two requests that open it at once one claims it; the other reads what that one wrote, and is refused unless it is the same browser.
        return await transactions.ReplaceAsync(stored, stored.Value with { BrowserHash = FlowCookie.Hash(cookie) }, context.RequestAborted)
            ?? await transactions.FindAsync(stored.Value.Id, context.RequestAborted);
    }

    private static string? IssuedNow(HttpContext context) => context.Items[typeof(FlowCookie)] as string;
}
