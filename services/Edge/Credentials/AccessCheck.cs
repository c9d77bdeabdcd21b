using System.Net;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Edge.Feeds;
using ManagedOAuth.Edge.Routing;

namespace ManagedOAuth.Edge.Credentials;

/// <summary>
/// Whether a genuine credential opens an application now: asked at every request, and every second for every open stream. Reads memory only.
/// </summary>
internal sealed class AccessCheck(RouteTableSource routes, RevocationList revocations, Freshness freshness, TimeProvider clock)
{
    public CredentialProblem Check(VerifiedCredential credential, ProtectedApplication application, IPAddress? client)
    {
        var now = clock.GetUtcNow();
        if (credential.Audience != application.Audience)
        {
            return CredentialProblem.Invalid;
        }

        if (now >= credential.ExpiresAt)
        {
            return CredentialProblem.Expired;
        }

        if (freshness.IsStale)
        {
            return CredentialProblem.Stale;
        }

        if (credential.Kind == CredentialKind.ServiceToken)
        {
            return CheckServiceToken(credential, application, client, now);
        }

        if (revocations.Current.Contains(credential.GrantId, credential.TokenId))
        {
            return CredentialProblem.Revoked;
        }

        if (credential.LinkedApplicationId is not null)
        {
            return Admits(credential, application, client);
        }

        return application.HasContinuousRules && !AdmitsUser(credential, application, client) ? CredentialProblem.Denied : CredentialProblem.None;
    }

    /// <summary>What the policies say of a request with this credential.</summary>
    public static PolicyDecision Decide(VerifiedCredential credential, ProtectedApplication application, IPAddress? client)
        => application.Evaluate(
            credential.ServiceTokenId is null && credential.LinkedApplicationId is null ? credential.Identity : null,
            new RequestFacts { ClientAddress = client, ServiceTokenId = credential.ServiceTokenId, LinkedApplicationId = credential.LinkedApplicationId });

    private static bool AdmitsUser(VerifiedCredential credential, ProtectedApplication application, IPAddress? client)
        => credential.Identity is not null && Decide(credential, application, client).AdmitsUser;

    private CredentialProblem CheckServiceToken(VerifiedCredential credential, ProtectedApplication application, IPAddress? client, DateTimeOffset now)
    {
        var token = routes.Current?.FindServiceToken(credential.Claims.CommonName ?? "");
        if (token is null || token.Id != credential.ServiceTokenId || !token.Enabled || token.ExpiresAt <= now
            || (credential.ServiceTokenSecretHash is { } hash && !ServiceTokenSecret.Honours(token, hash, now)))
        {
            return CredentialProblem.Revoked;
        }

        return Admits(credential, application, client);
    }

    private static CredentialProblem Admits(VerifiedCredential credential, ProtectedApplication application, IPAddress? client)
        => Decide(credential, application, client).Outcome is PolicyOutcome.ServiceAuth or PolicyOutcome.Bypass ? CredentialProblem.None : CredentialProblem.Denied;
}
