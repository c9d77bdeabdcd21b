using ManagedOAuth.Testing;
using ManagedOAuth.Token.Revocation;
using ManagedOAuth.Token.TokenEndpoint;

namespace ManagedOAuth.Token.Tests.Rules;

public class RuleCatalogueTests
{
    private static readonly List<(string List, Type Type, string Id, string Spec)> s_rules =
    [
        .. TokenRules.Common.Select(rule => ("Token endpoint, every request", rule.GetType(), rule.Id, rule.Spec)),
        .. TokenRules.AuthorizationCode.Select(rule => ("Token endpoint, `grant_type=authorization_code`", rule.GetType(), rule.Id, rule.Spec)),
        .. TokenRules.Refresh.Select(rule => ("Token endpoint, `grant_type=refresh_token`", rule.GetType(), rule.Id, rule.Spec)),
        .. RevocationRules.All.Select(rule => ("Revocation endpoint", rule.GetType(), rule.Id, rule.Spec)),
    ];

    [Fact]
    public void EveryRule_InTheAssembly_IsInAList()
    {
        var all = typeof(TokenRules).Assembly.GetTypes().Where(type => !type.IsAbstract && type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IRule<>)));
        Assert.Empty(all.Except(s_rules.Select(rule => rule.Type)));
    }

    [Fact]
    public void EveryRule_HasAnIdOfItsOwnAndASpec()
    {
        Assert.All(s_rules, rule => Assert.Matches("^[a-z]+\\.[a-z-]+$", rule.Id));
        Assert.All(s_rules, rule => Assert.Matches("(RFC [0-9]{4}|OAuth 2\\.1) §", rule.Spec));
        Assert.All(s_rules.GroupBy(rule => rule.Id), group => Assert.Single(group.Select(rule => rule.Type).Distinct()));
    }

    [Fact]
    public void EveryRule_IsInTheConformanceTable()
        => ConformanceTable.Verify("token", "services/Token", [.. s_rules.Select(rule => new ConformanceRow(rule.List, rule.Id, rule.Spec, rule.Type))]);

    [Fact]
    public void NoList_HoldsARuleTwice() => Assert.All(s_rules.GroupBy(rule => (rule.List, rule.Type)), group => Assert.Single(group));
}
