using Grpc.Core;
using ManagedOAuth.Contracts.Policies;
using Proto = ManagedOAuth.Contracts.Token;

namespace ManagedOAuth.Token;

/// <summary>Maps what comes by gRPC to the model, with clear errors for our own callers.</summary>
internal static class Identities
{
    public static Identity From(Proto.Identity? identity)
    {
        if (identity is null || string.IsNullOrEmpty(identity.Email) || identity.Email.Length > 320)
        {
            throw Invalid("identity is missing or has no email");
        }

        if (identity.Claims.Sum(claim => claim.Name.Length + claim.Values.Sum(value => value.Length)) > IdentityClaims.MaximumTotalLength)
        {
            throw Invalid("identity.claims is larger than 16 KiB");
        }

        return new Identity
        {
            UserId = Id(identity.UserId, "identity.user_id"),
            Email = identity.Email,
            IdentityProviderId = Id(identity.IdentityProviderId, "identity.identity_provider_id"),
            IdentityProviderType = identity.IdentityProviderType,
            AuthenticatedAt = identity.AuthenticatedAt?.ToDateTimeOffset() ?? throw Invalid("identity.authenticated_at is missing"),
            ProviderGrantId = identity.ProviderGrantId.Length == 0 ? null : Id(identity.ProviderGrantId, "identity.provider_grant_id"),
            Claims = identity.Claims.GroupBy(claim => claim.Name, StringComparer.Ordinal).ToDictionary(
                group => group.Key, group => (IReadOnlyList<string>)[.. group.SelectMany(claim => claim.Values)], StringComparer.Ordinal),
            Evaluations = identity.Evaluations.Count == 0 ? null : identity.Evaluations.Take(ExternalEvaluationRules.MaximumQuestions)
                .GroupBy(evaluation => evaluation.Key, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.All(evaluation => evaluation.Success), StringComparer.Ordinal),
        };
    }

    /// <summary>The decision that admitted the user; whoever opens a grant made one.</summary>
    public static PolicyDecision From(Proto.Decision? decision) => decision is null ? throw Invalid("decision is missing") : new PolicyDecision
    {
        Outcome = PolicyOutcome.Allow,
        PolicyId = decision.PolicyId.Length == 0 ? null : Id(decision.PolicyId, "decision.policy_id"),
        PolicyName = decision.PolicyName.Length == 0 ? null : decision.PolicyName,
        PolicyVersion = decision.PolicyVersion,
        Rule = decision.Rule,
    };

    public static Guid Id(string text, string field) => Guid.TryParse(text, out var id) ? id : throw Invalid($"{field} is no uuid");

    public static string Text(string text, string field, int longest, bool required = true)
        => text.Length <= longest && (text.Length > 0 || !required) ? text : throw Invalid($"{field} is missing or longer than {longest} characters");

    /// <summary>Who acts: <c>user:</c> with an address, <c>api-token:</c> with a name, or the like.</summary>
    public static string Actor(string text) => Text(text, "actor", 512);

    public static RpcException Invalid(string detail) => new(new Status(StatusCode.InvalidArgument, detail));
}
