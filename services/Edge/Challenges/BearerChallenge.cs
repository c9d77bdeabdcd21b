using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.Routing;

namespace ManagedOAuth.Edge.Challenges;

/// <summary>
/// The <c>WWW-Authenticate</c> of a 401 (RFC 6750 §3, RFC 9728 §5.1): Bearer alone, one absolute <c>resource_metadata</c>, an error only
/// when a credential was sent, no comma inside a quoted value (a widely used client splits there).
/// </summary>
internal static class BearerChallenge
{
    public static string For(Door door, CredentialProblem problem)
    {
        var challenge = $"Bearer resource_metadata=\"{door.ResourceMetadata}\"";
        return problem == CredentialProblem.Missing
            ? challenge
            : $"{challenge}, error=\"{ErrorOf(problem)}\", error_description=\"{DescriptionOf(problem)}\"";
    }

    public static string ErrorOf(CredentialProblem problem) => problem switch
    {
        CredentialProblem.Missing => "unauthorized",
        CredentialProblem.Malformed => "invalid_request",
        _ => "invalid_token",
    };

    public static string DescriptionOf(CredentialProblem problem) => problem switch
    {
        CredentialProblem.Missing => "An access token is required",
        CredentialProblem.Malformed => "The request carries more than one credential or one that cannot be read",
        CredentialProblem.Expired => "The access token has expired",
        CredentialProblem.Revoked => "The grant of this access token has ended",
        _ => "The access token is not valid for this application",
    };
}
