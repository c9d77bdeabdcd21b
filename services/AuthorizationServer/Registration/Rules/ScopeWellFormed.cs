using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.Registration.Rules;

/// <summary>A scope to register is a list of scope tokens of bounded size.</summary>
public sealed class ScopeWellFormed : IRule<RegistrationContext>
{
    /// <inheritdoc />
    public string Id => "registered_scope_well_formed";

    /// <inheritdoc />
    public string Spec => "RFC 7591 §2, RFC 6749 §3.3";

    /// <inheritdoc />
    public Rejection? Check(RegistrationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Request.Scope is not { Length: > 0 } scope)
        {
            return null;
        }

        if (!ScopeSyntax.TryNormalize(scope, out var normalized))
        {
            return new Rejection(Errors.InvalidClientMetadata, "scope is no list of scope tokens, or too long.");
        }

        context.Scope = normalized.Length == 0 ? null : normalized;
        return null;
    }
}
