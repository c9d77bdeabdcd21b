using Google.Protobuf.WellKnownTypes;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Token;

namespace ManagedOAuth.AuthorizationServer.Consent;

/// <summary>What Token is told about a user and a decision.</summary>
internal static class TokenMessages
{
    public static Contracts.Token.Identity IdentityOf(TeamSession session)
    {
        var identity = new Contracts.Token.Identity
        {
            UserId = session.UserId.ToString(),
            Email = session.Email,
            IdentityProviderId = session.ProviderId.ToString(),
            IdentityProviderType = session.ProviderType,
            AuthenticatedAt = Timestamp.FromDateTimeOffset(session.AuthenticatedAt),
            ProviderGrantId = session.ProviderGrantId?.ToString() ?? "",
        };
        foreach (var (name, values) in session.Claims)
        {
            identity.Claims.Add(new Claim { Name = name, Values = { values } });
        }

        foreach (var (key, success) in session.Evaluations ?? new Dictionary<string, bool>())
        {
            identity.Evaluations.Add(new Evaluation { Key = key, Success = success });
        }

        return identity;
    }

    public static Decision DecisionOf(PolicyDecision decision) => new()
    {
        PolicyId = decision.PolicyId?.ToString() ?? "",
        PolicyName = decision.PolicyName ?? "",
        PolicyVersion = decision.PolicyVersion,
        Rule = decision.Rule,
    };
}
