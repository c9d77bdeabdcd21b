using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders.Oidc.Rules;

/// <summary>A token of a refresh is about the user who logged in.</summary>
public sealed class SubjectUnchanged : IRule<IdTokenContext>
{
    /// <inheritdoc />
    public string Id => "id_token_subject_unchanged";

    /// <inheritdoc />
    public string Spec => "OpenID Connect Core §12.2";

    /// <inheritdoc />
    public Rejection? Check(IdTokenContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Subject is null || context.Text("sub") == context.Subject ? null : new Rejection("other_subject", "The ID token is about somebody else.");
    }
}
