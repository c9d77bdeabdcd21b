namespace ManagedOAuth.Token.TokenEndpoint.Rules;

/// <summary>A scope that is asked for is part of what was granted; none means all of it.</summary>
public sealed class ScopeIsWithinGrant : Rule<TokenContext>
{
    public override string Id => "token.scope-is-within-grant";

    public override string Spec => "OAuth 2.1 §4.3.1, RFC 6749 §6";

    public override OAuthError? Check(TokenContext context)
    {
        var granted = context.Pending?.Scope ?? context.Grant!.Scope;
        context.Scope = granted;
        if (context.Form["scope"] is not { } asked)
        {
            return null;
        }

        var within = granted.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var wanted = asked.Split(' ', StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal).ToArray();
        if (wanted.Except(within, StringComparer.Ordinal).Any())
        {
            return OAuthError.InvalidScope("The scope exceeds what was granted.");
        }

        context.Scope = string.Join(' ', wanted);
        return null;
    }
}
