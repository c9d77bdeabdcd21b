using System.Net;
using ManagedOAuth.AuthorizationServer.IdentityProviders;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.AuthorizationServer.Admission;

/// <summary>Who may come in: the questions that login and consent ask of the policies. Pure.</summary>
public static class Admissions
{
    /// <summary>The identity providers that an application's users can log in with.</summary>
    public static IReadOnlyList<IdentityProvider> UsableProviders(ConfigurationSnapshot snapshot, Application application)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(application);
        return [
            .. snapshot.IdentityProviders.Values
                .Where(provider => ProviderTypes.IsUsable(provider.Type) && (application.AllowedIdps.Count == 0 || application.AllowedIdps.Contains(provider.Id)))
                .OrderBy(provider => provider.CreatedAt).ThenBy(provider => provider.Id),
        ];
    }

    /// <summary>The identity that a team session stands for.</summary>
    public static Identity IdentityOf(TeamSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return new Identity
        {
            UserId = session.UserId,
            Email = session.Email,
            IdentityProviderId = session.ProviderId,
            IdentityProviderType = session.ProviderType,
            AuthenticatedAt = session.AuthenticatedAt,
            ProviderGrantId = session.ProviderGrantId,
            Claims = session.Claims,
            Evaluations = session.Evaluations,
        };
    }

    /// <summary>The decision about a logged-in user.</summary>
    public static PolicyDecision Decide(ConfigurationSnapshot snapshot, Application application, Identity identity, IPAddress clientAddress)
        => PolicyEvaluator.Evaluate(snapshot, application, identity, new RequestFacts { ClientAddress = clientAddress });

    /// <summary>
    /// Whether a policy could admit whoever owns this address. If not, no PIN is mailed: the proxy must not send mail to strangers.
    /// </summary>
    public static bool CouldAdmit(ConfigurationSnapshot snapshot, Application application, string email, IdentityProvider provider, DateTimeOffset now, IPAddress clientAddress)
    {
        ArgumentNullException.ThrowIfNull(provider);
        var identity = new Identity
        {
            UserId = Guid.Empty,
            Email = email,
            IdentityProviderId = provider.Id,
            IdentityProviderType = provider.Type,
            AuthenticatedAt = now,
            ClaimsKnown = false,
        };
        return Decide(snapshot, application, identity, clientAddress).Outcome is PolicyOutcome.Allow or PolicyOutcome.Bypass or PolicyOutcome.Indeterminate;
    }
}
