using ManagedOAuth.AuthorizationServer.Authorization;
using ManagedOAuth.AuthorizationServer.IdentityProviders.Oidc;
using ManagedOAuth.AuthorizationServer.Registration;
using ManagedOAuth.AuthorizationServer.Rules;
using ManagedOAuth.Testing;

namespace ManagedOAuth.AuthorizationServer.Tests;

public sealed class RuleListTests
{
    private static readonly (string Id, string Spec, Type Type)[] s_rules =
    [
        .. AuthorizationRules.All.Select(rule => (rule.Id, rule.Spec, rule.GetType())),
        .. RegistrationRules.All.Select(rule => (rule.Id, rule.Spec, rule.GetType())),
        .. IdTokenRules.All.Select(rule => (rule.Id, rule.Spec, rule.GetType())),
    ];

    [Fact]
    public void EveryRule_IsInExactlyOneList()
    {
        var rules = typeof(IRule<>).Assembly.GetTypes()
            .Where(type => type.IsClass && type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IRule<>)));
        Assert.Equal(rules.OrderBy(type => type.Name), s_rules.Select(rule => rule.Type).OrderBy(type => type.Name));
    }

    [Fact]
    public void EveryRule_IsInTheConformanceTable() => ConformanceTable.Verify(
        "authorization-server",
        "services/AuthorizationServer",
        [
            .. RegistrationRules.All.Select(rule => new ConformanceRow("Client registration", rule.Id, rule.Spec, rule.GetType())),
            .. AuthorizationRules.All.Select(rule => new ConformanceRow("Authorization endpoint", rule.Id, rule.Spec, rule.GetType())),
            .. IdTokenRules.All.Select(rule => new ConformanceRow("ID tokens of identity providers", rule.Id, rule.Spec, rule.GetType())),
        ]);

    [Fact]
    public void EveryRule_HasItsOwnIdAndNamesItsSpecification()
    {
        Assert.Distinct(s_rules.Select(rule => rule.Id));
        Assert.All(s_rules, rule => Assert.Matches("^[a-z0-9_]+$", rule.Id));
        Assert.All(s_rules, rule => Assert.Contains("§", rule.Spec));
    }
}
