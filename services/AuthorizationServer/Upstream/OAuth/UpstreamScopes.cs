using ManagedOAuth.AuthorizationServer.Rules;
using ManagedOAuth.AuthorizationServer.Upstream.Vault;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.AuthorizationServer.Upstream.OAuth;

/// <summary>
/// Which scopes a login asks for beside those that the server named first: what calls were refused for (RFC 6750 §3.1 <c>insufficient_scope</c>). It adds up, so that
/// a login for one tool does not take another one's scopes away, up to 20 scopes of 500 characters together. Pure.
/// </summary>
public static class UpstreamScopes
{
    private const int MostWanted = 20;
    private const int MaximumWanted = 500;

    /// <summary>What the next login has to ask for, and what of it this login lacks. Null: a login would give nothing more.</summary>
    /// <param name="server">The server; where an administrator entered the scopes, nothing is added to them.</param>
    /// <param name="login">The login whose token was refused.</param>
    /// <param name="missing">What the server said; not checked yet.</param>
    public static (string Wanted, string Lacking)? Wanted(McpServer server, UpstreamLogin login, string missing)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(login);
        if (server.OauthClient is { Scopes.Count: > 0 } || !ScopeSyntax.TryNormalize(missing, out var named))
        {
            return null;
        }

        // A login that asked for all of it got less, or the server wants something else: another one like it would lead in a circle.
        var lacking = Without(named, login.AskedScope ?? login.Scope);
        var wanted = With(login.WantedScope, lacking);
        return lacking.Length == 0 || wanted.Length > MaximumWanted || wanted.Count(c => c == ' ') >= MostWanted ? null : (wanted, lacking);
    }

    /// <summary>What the next login asks for that this one did not; empty = nothing.</summary>
    public static string Lacking(UpstreamLogin login)
    {
        ArgumentNullException.ThrowIfNull(login);
        return Without(login.WantedScope, login.AskedScope ?? login.Scope);
    }

    /// <summary>
    /// What to ask for no more where an authorization server does not know, or give, a scope that a login asked for (RFC 6749 §4.1.2.1 <c>invalid_scope</c>, which
    /// does not say which one): what the login before had not asked for; where that is nothing, all that was wanted. Empty: none of it was asked for.
    /// </summary>
    /// <param name="before">The login that there was.</param>
    /// <param name="asked">What was asked for.</param>
    public static string Refused(UpstreamLogin before, string asked)
    {
        ArgumentNullException.ThrowIfNull(before);
        return Both(Lacking(before), asked) is { Length: > 0 } more ? more : Both(before.WantedScope, asked);
    }

    /// <summary>The login as it is when these scopes are not wanted again: it counts as one that asked for them.</summary>
    public static UpstreamLogin NotWanting(UpstreamLogin login, string refused)
    {
        ArgumentNullException.ThrowIfNull(login);
        return login with { WantedScope = Without(login.WantedScope, refused), AskedScope = With(login.AskedScope ?? login.Scope, refused) };
    }

    /// <summary>Both, each scope once.</summary>
    public static string With(string scope, string more) => string.Join(' ', TokensOf(scope).Union(TokensOf(more), StringComparer.Ordinal));

    private static string Without(string scope, string less) => string.Join(' ', TokensOf(scope).Except(TokensOf(less), StringComparer.Ordinal));

    private static string Both(string scope, string other) => string.Join(' ', TokensOf(scope).Intersect(TokensOf(other), StringComparer.Ordinal));

    private static string[] TokensOf(string scope) => scope.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
