using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Contracts.Policies;

/// <summary>Decides single rules and rule sets on one snapshot.</summary>
internal sealed class RuleMatcher(ConfigurationSnapshot snapshot, Identity? identity, RequestFacts facts)
{
    // Groups may hold groups; a chain longer than this (or a circle) is not decided, and what is not decided does not admit.
    private const int MaximumDepth = 8;

    /// <summary>Include = any, require = all, exclude = none; with the rule that settled it.</summary>
    internal (Tri Match, string Rule) Match(IReadOnlyList<Rule> include, IReadOnlyList<Rule> require, IReadOnlyList<Rule> exclude, int depth = 0)
    {
        var (included, rule) = Any("include", include, depth);
        var reason = included == Tri.False ? "no include rule matched" : rule;
        var match = included;
        foreach (var required in require)
        {
            var holds = Match(required, depth);
            if (holds < match)
            {
                (match, reason) = (holds, $"require {Describe(required)} {(holds == Tri.False ? "did not match" : "is not known")}");
            }
        }

        foreach (var excluded in exclude)
        {
            var allows = Match(excluded, depth).Not();
            if (allows < match)
            {
                (match, reason) = (allows, $"exclude {Describe(excluded)} {(allows == Tri.False ? "matched" : "is not known")}");
            }
        }

        return (match, reason);
    }

    private (Tri Match, string Rule) Any(string list, IReadOnlyList<Rule> rules, int depth)
    {
        var best = (Match: Tri.False, Rule: "");
        foreach (var rule in rules)
        {
            var match = Match(rule, depth);
            if (match > best.Match)
            {
                best = (match, $"{list} {Describe(rule)}");
            }
        }

        return best;
    }

    private Tri Match(Rule rule, int depth) => rule switch
    {
        Rule.Everyone => Tri.True,
        Rule.Email email => TriLogic.Of(identity is not null && string.Equals(identity.Email, email.Address, StringComparison.OrdinalIgnoreCase)),
        Rule.EmailDomain domain => TriLogic.Of(identity is not null && string.Equals(DomainOf(identity.Email), domain.Domain, StringComparison.OrdinalIgnoreCase)),
        Rule.LoginMethod method => TriLogic.Of(identity is not null && identity.IdentityProviderId == method.Id),
        Rule.OidcClaim claim => MatchClaim(claim),
        Rule.Ip network => facts.ClientAddress is null ? Tri.Unknown : TriLogic.Of(AddressRange.Contains(network.Network, facts.ClientAddress)),
        Rule.ServiceToken token => TriLogic.Of(facts.ServiceTokenId == token.TokenId),
        Rule.AnyValidServiceToken => TriLogic.Of(facts.ServiceTokenId is not null),
        Rule.InGroup group => MatchGroup(group.Id, depth + 1),
        _ => Tri.Unknown,
    };

    private Tri MatchClaim(Rule.OidcClaim claim)
    {
        if (identity is null || identity.IdentityProviderId != claim.IdentityProviderId)
        {
            return Tri.False;
        }

        if (!identity.ClaimsKnown)
        {
            return Tri.Unknown;
        }

        return TriLogic.Of(identity.Claims.TryGetValue(claim.ClaimName, out var values) && values.Contains(claim.ClaimValue, StringComparer.Ordinal));
    }

    private Tri MatchGroup(Guid id, int depth)
        => depth > MaximumDepth || !snapshot.Groups.TryGetValue(id, out var group)
            ? Tri.Unknown
            : Match(group.Include, group.Require, group.Exclude, depth).Match;

    private string Describe(Rule rule)
    {
        var value = rule is Rule.InGroup group && snapshot.Groups.TryGetValue(group.Id, out var found) ? found.Name : rule.Value;
        return value.Length == 0 ? rule.Kind : $"{rule.Kind} {value}";
    }

    private static string DomainOf(string email) => email[(email.LastIndexOf('@') + 1)..];
}
