using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.Authorization.Rules;

/// <summary>PKCE with S256 is obligatory: the method is named and the challenge is a SHA-256 hash in base64url.</summary>
public sealed class CodeChallengeS256 : IRule<AuthorizationContext>
{
    /// <inheritdoc />
    public string Id => "code_challenge_s256";

    /// <inheritdoc />
    public string Spec => "RFC 7636 §4.2, §4.3, §4.4.1";

    // 32 bytes in base64url without padding.
    private const int Length = 43;

    /// <inheritdoc />
    public Rejection? Check(AuthorizationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var challenge = context.Parameters!.One(AuthorizationParameters.CodeChallenge);
        if (challenge is null)
        {
            return new Rejection(Errors.InvalidRequest, "The parameter code_challenge is required.");
        }

        // Without the parameter the method would be plain (RFC 7636 §4.3).
        if (context.Parameters.One(AuthorizationParameters.CodeChallengeMethod) != "S256")
        {
            return new Rejection(Errors.InvalidRequest, "The code_challenge_method must be S256.");
        }

        if (challenge.Length != Length || !challenge.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            return new Rejection(Errors.InvalidRequest, "The code_challenge must be 43 characters of base64url.");
        }

        context.CodeChallenge = challenge;
        return null;
    }
}
