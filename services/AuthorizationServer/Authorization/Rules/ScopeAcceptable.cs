using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.Authorization.Rules;

/// <summary>The scope is a list of scope tokens of bounded size.</summary>
public sealed class ScopeAcceptable : IRule<AuthorizationContext>
{
    /// <inheritdoc />
    public string Id => "scope_acceptable";

    /// <inheritdoc />
    public string Spec => "OAuth 2.1 §1.4.1, RFC 6749 §3.3";

    /// <inheritdoc />
    public Rejection? Check(AuthorizationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!ScopeSyntax.TryNormalize(context.Parameters!.One(AuthorizationParameters.Scope) ?? "", out var scope))
        {
            return new Rejection(Errors.InvalidScope, "The scope is no list of scope tokens, or too long.");
        }

        context.Scope = scope;
        return null;
    }
}
