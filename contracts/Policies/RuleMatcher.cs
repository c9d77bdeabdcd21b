using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Contracts.Policies;

/// <summary>Decides single rules and rule sets on one snapshot.</summary>
internal sealed class RuleMatcher(ConfigurationSnapshot snapshot, Identity? identity, RequestFacts facts)
{
    // Groups may hold groups; a chain longer than this (or a circle) is not decided, and what is not decided does not admit.
    private const int MaximumDepth = 8;

    // What a group came to, at the depth that it was asked at: however often groups name one another, each is decided once there.
    private Dictionary<(Guid Group, int Depth), Tri>? _groups;

    /// <summary>Include = any, require = all, exclude = none; with the rule that settled it.</summary>
    internal (Tri Match, string Rule) Match(IReadOnlyList<Rule> include, IReadOnlyList<Rule> require, IReadOnlyList<Rule> exclude, int depth = 0)
    {
        var (included, rule) = Any("include", include, depth);
        var reason = included == Tri.False ? "no include rule matched" : rule;
        var match = included;
        foreach (var required in require)
        {
            if (match == Tri.False)
            {
                return (match, reason);
            }

            var holds = Match(required, depth);
            if (holds < match)
            {
                (match, reason) = (holds, $"require {Describe(required)} {(holds == Tri.False ? "did not match" : "is not known")}");
            }
        }

        foreach (var excluded in exclude)
        {
            if (match == Tri.False)
            {
                return (match, reason);
            }

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
            if (best.Match == Tri.True)
            {
                return best;
            }

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
        Rule.OidcClaim claim => HasClaim(claim.IdentityProviderId, claim.ClaimName, claim.ClaimValue),
        Rule.SamlAttribute attribute => HasClaim(attribute.IdentityProviderId, attribute.AttributeName, attribute.AttributeValue),
        Rule.ProviderGroup group => HasClaim(group.IdentityProviderId, IdentityClaims.Groups, group.Group),
        Rule.GitHubOrganization organization => HasClaim(organization.IdentityProviderId, IdentityClaims.Groups, organization.Value.ToLowerInvariant()),
        Rule.AuthMethod method => HasClaim(null, IdentityClaims.AuthenticationMethods, method.Method),
        Rule.EmailList list => MatchList(list.Id, AccessListType.Email, index => TriLogic.Of(identity is not null && index.HasEmail(identity.Email))),
        Rule.IpList list => MatchList(list.Id, AccessListType.Ip, index => facts.ClientAddress is null ? Tri.Unknown : TriLogic.Of(index.HasAddress(facts.ClientAddress))),
        Rule.Ip network => facts.ClientAddress is null ? Tri.Unknown : TriLogic.Of(AddressRange.Contains(network.Network, facts.ClientAddress)),
        Rule.Geo geo => facts.ClientAddress is not null && snapshot.Countries?.Of(facts.ClientAddress) is { } country ? TriLogic.Of(country == geo.CountryCode) : Tri.Unknown,
        Rule.ServiceToken token => TriLogic.Of(facts.ServiceTokenId == token.TokenId),
        Rule.AnyValidServiceToken => TriLogic.Of(facts.ServiceTokenId is not null),
        Rule.LinkedAppToken link => TriLogic.Of(facts.LinkedApplicationId == link.AppUid),
        Rule.ExternalEvaluation when identity is null => Tri.False,
        Rule.ExternalEvaluation evaluation => identity.Evaluations?.TryGetValue(evaluation.Key, out var said) == true ? TriLogic.Of(said) : Tri.Unknown,
        Rule.InGroup group => MatchGroup(group.Id, depth + 1),
        _ => Tri.Unknown,
    };

    // With a provider, what another one says does not count: two of them may use one name for different things.
    private Tri HasClaim(Guid? provider, string name, string value)
    {
        if (identity is null || (provider is { } expected && identity.IdentityProviderId != expected))
        {
            return Tri.False;
        }

        if (identity.Claims.TryGetValue(name, out var values))
        {
            return TriLogic.Of(values.Contains(value, StringComparer.Ordinal));
        }

        return identity.ClaimsKnown ? Tri.False : Tri.Unknown;
    }

    private Tri MatchList(Guid id, AccessListType type, Func<AccessListIndex, Tri> match)
        => snapshot.Lists.TryGetValue(id, out var list) && list.Type == type ? match(AccessListIndex.Of(list)) : Tri.Unknown;

    private Tri MatchGroup(Guid id, int depth)
    {
        if (depth > MaximumDepth || !snapshot.Groups.TryGetValue(id, out var group))
        {
            return Tri.Unknown;
        }

        _groups ??= [];
        if (!_groups.TryGetValue((id, depth), out var match))
        {
            match = Match(group.Include, group.Require, group.Exclude, depth).Match;
            _groups[(id, depth)] = match;
        }

        return match;
    }

    private string Describe(Rule rule)
    {
        var value = rule switch
        {
            Rule.InGroup group when snapshot.Groups.TryGetValue(group.Id, out var found) => found.Name,
            Rule.LinkedAppToken link when snapshot.Applications.TryGetValue(link.AppUid, out var found) => found.Name,
            { ListId: { } id } when snapshot.Lists.TryGetValue(id, out var list) => list.Name,
            _ => rule.Value,
        };
        return value.Length == 0 ? rule.Kind : $"{rule.Kind} {value}";
    }

    private static string DomainOf(string email) => email[(email.LastIndexOf('@') + 1)..];
}
