namespace ManagedOAuth.AuthorizationServer.Rules;

/// <summary>
/// Scope (RFC 6749 §3.3). Applications define no scopes of their own, so a scope carries no authority here: what a client asks for is shown to
/// the user, recorded with the grant and reported in the token response; only its form and size are limited.
/// </summary>
public static class ScopeSyntax
{
    /// <summary>Longest scope parameter, in characters.</summary>
    public const int MaximumLength = 1000;

    /// <summary>Most scope tokens in one parameter.</summary>
    public const int MaximumTokens = 50;

    /// <summary>Reads a scope parameter: each token once, in the order of the request. False when it is no list of scope tokens or too large.</summary>
    public static bool TryNormalize(string scope, out string normalized)
    {
        ArgumentNullException.ThrowIfNull(scope);
        normalized = "";
        if (scope.Length > MaximumLength)
        {
            return false;
        }

        var tokens = scope.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (tokens.Length > MaximumTokens || !tokens.All(IsToken))
        {
            return false;
        }

        normalized = string.Join(' ', tokens.Distinct(StringComparer.Ordinal));
        return true;
    }

    private static bool IsToken(string token) => token.All(c => c is '!' or (>= '#' and <= '[') or (>= ']' and <= '~'));
}
