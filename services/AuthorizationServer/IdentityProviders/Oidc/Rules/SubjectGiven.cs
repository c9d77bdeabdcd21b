using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders.Oidc.Rules;

/// <summary>The token says whom it is about, in at most 255 characters.</summary>
public sealed class SubjectGiven : IRule<IdTokenContext>
{
    /// <inheritdoc />
    public string Id => "id_token_subject_given";

    /// <inheritdoc />
    public string Spec => "OpenID Connect Core §2";

    /// <inheritdoc />
    public Rejection? Check(IdTokenContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Text("sub") is { Length: > 0 and <= 255 } ? null : new Rejection("no_subject", "The ID token has no subject.");
    }
}
