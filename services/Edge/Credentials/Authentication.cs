namespace ManagedOAuth.Edge.Credentials;

/// <summary>What a request proved.</summary>
/// <param name="Problem">None when it is let in.</param>
/// <param name="Kind">The credential that decided; None when there was nothing to look at.</param>
/// <param name="Credential">Set when it is genuine, also where the answer is no.</param>
internal readonly record struct Authentication(CredentialProblem Problem, CredentialKind Kind, VerifiedCredential? Credential = null)
{
    public static readonly Authentication Nothing = new(CredentialProblem.Missing, CredentialKind.None);
}
