using System.Net;
using ManagedOAuth.Edge.Feeds;
using ManagedOAuth.Edge.Routing;

namespace ManagedOAuth.Edge.Credentials;

/// <summary>
/// Checks assertions that an application's origin received and passes on to another application: the assertion as at its own application, then the
/// policies of this one, then a new assertion, in which the user is named to this one's origin.
/// </summary>
internal sealed class LinkedTokenAuthenticator(
    LinkedAssertions assertions, CredentialCache cache, KeyRing keys, RouteTableSource routes, AccessCheck check, TimeProvider clock)
{
    /// <summary>The linked application whose assertion it claims to be; null when it is none of those.</summary>
    public ProtectedApplication? SourceOf(string assertion, ProtectedApplication application)
        => application.LinkedApplications.Count > 0
            && assertion.Length <= AssertionVerifier.MaximumLength
            && AssertionClaims.TryRead(assertion)?.Audience is { } audience
            && audience != application.Audience
                ? application.LinkedApplications.Select(id => routes.Current?.FindApplication(id)).FirstOrDefault(source => source?.Audience == audience)
                : null;

    public async ValueTask<Authentication> AuthenticateAsync(
        string assertion, ProtectedApplication source, ProtectedApplication application, IPAddress? client, string flowId, CancellationToken cancellationToken)
    {
        if (!cache.TryGet(assertion, CredentialKind.LinkedToken, source.Audience, out var original))
        {
            var current = keys.Current;
            original = await AssertionVerifier.VerifyAsync(
                assertion, CredentialKind.LinkedToken, source, routes.Current?.AssertionIssuer ?? "", current, clock.GetUtcNow());
            if (original?.Identity is null)
            {
                return new Authentication(keys.IsLoaded ? CredentialProblem.Invalid : CredentialProblem.Stale, CredentialKind.LinkedToken);
            }

            cache.Add(assertion, current, original);
        }

        // Asked before the assertion is: what the policies refuse costs no other service anything.
        var credential = CredentialOf(original, source, application, "", original.ExpiresAt);
        if (check.Check(credential, application, client) is not CredentialProblem.None and var problem)
        {
            return new Authentication(problem, CredentialKind.LinkedToken, credential);
        }

        var minted = await assertions.GetAsync(application.Id, assertion, client, flowId, cancellationToken);
        return minted is null
            ? new Authentication(CredentialProblem.Unavailable, CredentialKind.LinkedToken)
            : new Authentication(
                CredentialProblem.None, CredentialKind.LinkedToken, CredentialOf(original, source, application, minted.Assertion, minted.ExpiresAt));
    }

    private static VerifiedCredential CredentialOf(VerifiedCredential original, ProtectedApplication source, ProtectedApplication application, string assertion, DateTimeOffset end) => new()
    {
        Kind = CredentialKind.LinkedToken,
        GrantId = original.GrantId,
        Audience = application.Audience,
        ExpiresAt = end,
        Assertion = assertion,
        Claims = original.Claims,
        LinkedApplicationId = source.Id,
    };
}
