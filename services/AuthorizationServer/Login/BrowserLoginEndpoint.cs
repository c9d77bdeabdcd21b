using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.Pages;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.OAuth;

namespace ManagedOAuth.AuthorizationServer.Login;

/// <summary>
/// Where Edge sends a browser without a session: <c>?application=&amp;redirect_url=&amp;state=</c>. Begins a transaction that ends at the
/// application's own origin and nowhere else.
/// </summary>
public static class BrowserLoginEndpoint
{
    private const int MaximumState = 512;
    private const int MaximumReturn = 2048;

    /// <summary>Begins the login.</summary>
    public static async Task<IResult> HandleAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var scope = RequestScope.Of(context);
        if (!scope.IsLoaded || scope.TeamOrigin is null)
        {
            return ErrorPage.NotReady();
        }

        if (!scope.IsTeamDomain)
        {
            return ErrorPage.NotFound();
        }

        if (!Parameters.TryParse(context.Request.QueryString.Value ?? "", out var query)
            || !Guid.TryParse(query.One("application"), out var id)
            || !scope.Snapshot.Applications.TryGetValue(id, out var application)
            || ReadEnd(application, query.One("redirect_url") ?? "/", query.One("state") ?? "") is not { } end)
        {
            return ErrorPage.NoApplication();
        }

        var stored = await context.RequestServices.GetRequiredService<TransactionStore>().BeginAsync(
            (transactionId, expiresAt) => new Transaction
            {
                Id = transactionId,
                ApplicationId = application.Id,
                FlowId = scope.Edge.FlowId,
                ExpiresAt = expiresAt,
                Browser = end,
            },
            context.RequestAborted);
        return new SeeOther($"{Paths.Login}/{stored.Value.Id}");
    }

    /// <summary>
    /// Reads the return address: a path on the application's primary origin, or an absolute URL on one of its public origins. Null for anything
    /// that a browser could take to another host.
    /// </summary>
    public static BrowserEnd? ReadEnd(Application application, string redirectUrl, string state)
    {
        ArgumentNullException.ThrowIfNull(redirectUrl);
        if (state.Length > MaximumState || redirectUrl.Length > MaximumReturn)
        {
            return null;
        }

        foreach (var origin in ApplicationResources.Of(application))
        {
            var path = redirectUrl == origin ? "/" : redirectUrl.StartsWith(origin + "/", StringComparison.Ordinal) ? redirectUrl[origin.Length..] : redirectUrl;
            if (IsLocalPath(path))
            {
                return new BrowserEnd(origin, path, state);
            }
        }

        return null;
    }

    // Browsers take "//host", "/\host" and "/<tab>/host" to another host; so only one slash, and no backslash or control byte anywhere.
    private static bool IsLocalPath(string path)
        => path.StartsWith('/')
            && !path.StartsWith("//", StringComparison.Ordinal)
            && !path.AsSpan().ContainsAnyExceptInRange('!', '~')
            && !path.Contains('\\', StringComparison.Ordinal);
}
