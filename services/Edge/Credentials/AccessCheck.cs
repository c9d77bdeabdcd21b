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

        if (credential.LinkedApplicationId is { } linked)
        {
            return Admits(application, new RequestFacts { ClientAddress = client, LinkedApplicationId = linked });
        }

        return application.HasContinuousRules && !AdmitsUser(credential, application, client) ? CredentialProblem.Denied : CredentialProblem.None;
    }

    private static bool AdmitsUser(VerifiedCredential credential, ProtectedApplication application, IPAddress? client)
        => credential.Identity is { } identity
            && application.Evaluate(identity, new RequestFacts { ClientAddress = client }).AdmitsUser;

    private CredentialProblem CheckServiceToken(VerifiedCredential credential, ProtectedApplication application, IPAddress? client, DateTimeOffset now)
    {
        var token = routes.Current?.FindServiceToken(credential.Claims.CommonName ?? "");
        if (token is null || token.Id != credential.ServiceTokenId || !token.Enabled || token.ExpiresAt <= now)
        {
            return CredentialProblem.Revoked;
        }

        return Admits(application, new RequestFacts { ClientAddress = client, ServiceTokenId = token.Id });
    }

    private static CredentialProblem Admits(ProtectedApplication application, RequestFacts facts)
        => application.Evaluate(null, facts).Outcome is PolicyOutcome.ServiceAuth or PolicyOutcome.Bypass ? CredentialProblem.None : CredentialProblem.Denied;
}
