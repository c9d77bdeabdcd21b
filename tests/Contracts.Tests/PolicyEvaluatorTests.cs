using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Contracts.Tests;

public sealed class PolicyEvaluatorTests
{
    private static readonly Guid s_pin = Guid.NewGuid();
    private static readonly Guid s_oidc = Guid.NewGuid();
    private static readonly RequestFacts s_inside = new() { ClientAddress = IPAddress.Parse("10.1.2.3") };
    private static readonly RequestFacts s_outside = new() { ClientAddress = IPAddress.Parse("192.0.2.1") };
    private static readonly RequestFacts s_unknownAddress = new();
    private static readonly Rule s_everyone = new Rule.Everyone();
    private static readonly Rule s_exampleCom = new Rule.EmailDomain("example.com");
    private static readonly Rule s_network = new Rule.Ip("10.0.0.0/8");

    [Fact]
    public void Evaluate_NoPolicies_Denies()
    {
        var decision = Evaluate(User("alice@example.com"), s_inside);
        Assert.Equal(PolicyOutcome.Deny, decision.Outcome);
        Assert.Null(decision.PolicyId);
    }

    [Theory]
    [InlineData("alice@example.com", PolicyOutcome.Allow)]
    [InlineData("alice@notexample.com", PolicyOutcome.Deny)]
    [InlineData("alice@sub.example.com", PolicyOutcome.Deny)]
    [InlineData("example.com@evil.test", PolicyOutcome.Deny)]
    [InlineData("\"a@example.com\"@evil.test", PolicyOutcome.Deny)]
    public void Evaluate_EmailDomain_IsExact(string email, PolicyOutcome outcome)
        => Assert.Equal(outcome, Evaluate(User(email), s_inside, Allow(s_exampleCom)).Outcome);

    [Theory]
    [InlineData("ALICE@EXAMPLE.COM", PolicyOutcome.Allow)]
    [InlineData("alice@example.com", PolicyOutcome.Allow)]
    [InlineData("al\u0131ce@example.com", PolicyOutcome.Deny)]
    [InlineData("alice@exam\u0440le.com", PolicyOutcome.Deny)]
    [InlineData("alice@xn--exale-k1b.com", PolicyOutcome.Deny)]
    [InlineData("alice@\uff45xample.com", PolicyOutcome.Deny)]
    public void Evaluate_Addresses_AreComparedWithoutCaseAndWithoutLookAlikes(string email, PolicyOutcome outcome)
    {
        Assert.Equal(outcome, Evaluate(User(email), s_inside, Allow(new Rule.Email("Alice@example.com"))).Outcome);
        var domain = email.StartsWith("al\u0131", StringComparison.Ordinal) ? PolicyOutcome.Allow : outcome;
        Assert.Equal(domain, Evaluate(User(email), s_inside, Allow(new Rule.EmailDomain("Example.com"))).Outcome);
    }

    [Theory]
    [InlineData("\u212A")]
    [InlineData("\u017F")]
    [InlineData("\u0131")]
    public void Evaluate_LetterThatFoldsIntoOneOfAscii_IsAnotherAddress(string letter)
    {
        foreach (var ascii in (string[])["k", "s", "i", "K", "S", "I"])
        {
            Assert.Equal(PolicyOutcome.Deny, Evaluate(User($"{letter}@{letter}.test"), s_inside, Allow(new Rule.EmailDomain($"{ascii}.test")) with { Include = [new Rule.EmailDomain($"{ascii}.test"), new Rule.Email($"{ascii}@{ascii}.test")] }).Outcome);
        }
    }

    [Theory]
    [InlineData("""{"email":{"email":"bob"}}""")]
    [InlineData("""{"email_domain":{"domain":"bob@example"}}""")]
    [InlineData("""{"ip":{"ip":"10.1.2.3/8"}}""")]
    public void Rule_StoredBeforeItsValuesWereChecked_StaysReadable(string json)
        => Assert.Equal(json, JsonSerializer.Serialize(JsonSerializer.Deserialize(json, ConfigurationJson.Default.Rule)!, ConfigurationJson.Default.Rule));

    [Fact]
    public void Evaluate_Allow_NamesPolicyVersionAndRule()
    {
        var policy = Allow(s_exampleCom) with { Version = 7 };
        var decision = Evaluate(User("alice@example.com"), s_inside, policy);
        Assert.Equal((policy.Id, policy.Name, 7L, "include email_domain example.com"), (decision.PolicyId, decision.PolicyName, decision.PolicyVersion, decision.Rule));
    }

    [Fact]
    public void Evaluate_DefaultDeny_NamesTheNearestAllowPolicy()
    {
        var policy = Allow(s_exampleCom) with { Version = 3 };
        var decision = Evaluate(User("bob@other.test"), s_inside, policy);
        Assert.Equal((PolicyOutcome.Deny, policy.Id, 3L), (decision.Outcome, decision.PolicyId, decision.PolicyVersion));
        Assert.Equal("default deny: no include rule matched", decision.Rule);
    }

    [Fact]
    public void Evaluate_Require_NeedsAll()
    {
        var policy = Allow(s_everyone) with { Require = [s_exampleCom, s_network] };
        Assert.Equal(PolicyOutcome.Allow, Evaluate(User("alice@example.com"), s_inside, policy).Outcome);
        Assert.Equal(PolicyOutcome.Deny, Evaluate(User("alice@example.com"), s_outside, policy).Outcome);
        Assert.Equal(PolicyOutcome.Deny, Evaluate(User("alice@other.test"), s_inside, policy).Outcome);
    }

    [Fact]
    public void Evaluate_Exclude_BeatsInclude()
        => Assert.Equal(PolicyOutcome.Deny, Evaluate(User("eve@example.com"), s_inside, Allow(s_exampleCom) with { Exclude = [new Rule.Email("eve@example.com")] }).Outcome);

    [Fact]
    public void Evaluate_FirstMatchingAllowOrDeny_Decides()
    {
        var block = Policy(PolicyAction.Deny, new Rule.Email("eve@example.com"));
        var allow = Allow(s_exampleCom);
        Assert.Equal(PolicyOutcome.Deny, Evaluate(User("eve@example.com"), s_inside, block, allow).Outcome);
        Assert.Equal(PolicyOutcome.Allow, Evaluate(User("eve@example.com"), s_inside, allow, block).Outcome);
    }

    [Fact]
    public void Evaluate_BypassAndServiceAuth_ComeBeforeAllowAndDeny()
    {
        var deny = Policy(PolicyAction.Deny, s_everyone);
        Assert.Equal(PolicyOutcome.Bypass, Evaluate(null, s_inside, deny, Policy(PolicyAction.Bypass, s_network)).Outcome);
        var token = Guid.NewGuid();
        var facts = s_inside with { ServiceTokenId = token };
        Assert.Equal(PolicyOutcome.ServiceAuth, Evaluate(null, facts, deny, Policy(PolicyAction.NonIdentity, new Rule.ServiceToken(token))).Outcome);
        Assert.Equal(PolicyOutcome.ServiceAuth, Evaluate(null, facts, deny, Policy(PolicyAction.NonIdentity, new Rule.AnyValidServiceToken())).Outcome);
        Assert.Equal(PolicyOutcome.Deny, Evaluate(null, facts, Policy(PolicyAction.NonIdentity, new Rule.ServiceToken(Guid.NewGuid()))).Outcome);
    }

    [Fact]
    public void Evaluate_NobodyLoggedIn_AllowPoliciesDoNotAdmit()
        => Assert.Equal(PolicyOutcome.Deny, Evaluate(null, s_inside, Allow(s_everyone)).Outcome);

    [Fact]
    public void Evaluate_ServiceTokenAlone_SatisfiesNoAllowPolicy()
        => Assert.Equal(PolicyOutcome.Deny, Evaluate(null, s_inside with { ServiceTokenId = Guid.NewGuid() }, Allow(new Rule.AnyValidServiceToken())).Outcome);

    [Fact]
    public void Evaluate_UnknownAddress_IsIndeterminateAndNeverAllow()
    {
        Assert.Equal(PolicyOutcome.Indeterminate, Evaluate(User("alice@example.com"), s_unknownAddress, Allow(s_network)).Outcome);
        Assert.Equal(PolicyOutcome.Indeterminate, Evaluate(User("alice@example.com"), s_unknownAddress, Policy(PolicyAction.Deny, s_network), Allow(s_everyone)).Outcome);
    }

    [Fact]
    public void Evaluate_UnknownFactThatChangesNothing_Decides()
    {
        Assert.Equal(PolicyOutcome.Allow, Evaluate(User("alice@example.com"), s_unknownAddress, Allow(s_network), Allow(s_exampleCom)).Outcome);
        Assert.Equal(PolicyOutcome.Deny, Evaluate(User("alice@example.com"), s_unknownAddress, Policy(PolicyAction.Deny, s_network), Policy(PolicyAction.Deny, s_everyone)).Outcome);
    }

    [Fact]
    public void Evaluate_ClaimsNotYetKnown_AreIndeterminate()
    {
        var early = User("alice@example.com", s_oidc) with { ClaimsKnown = false };
        var rule = new Rule.OidcClaim(s_oidc, "groups", "eng");
        Assert.Equal(PolicyOutcome.Indeterminate, Evaluate(early, s_inside, Allow(rule)).Outcome);
        Assert.Equal(PolicyOutcome.Deny, Evaluate(User("alice@example.com", s_oidc), s_inside, Allow(rule)).Outcome);
    }

    [Fact]
    public void Evaluate_OidcClaim_NeedsTheProviderAndTheExactValue()
    {
        var rule = new Rule.OidcClaim(s_oidc, "groups", "eng");
        var claims = new Dictionary<string, IReadOnlyList<string>> { ["groups"] = ["ops", "eng"] };
        Assert.Equal(PolicyOutcome.Allow, Evaluate(User("a@x.test", s_oidc) with { Claims = claims }, s_inside, Allow(rule)).Outcome);
        Assert.Equal(PolicyOutcome.Deny, Evaluate(User("a@x.test", s_pin) with { Claims = claims }, s_inside, Allow(rule)).Outcome);
        var joined = new Dictionary<string, IReadOnlyList<string>> { ["groups"] = ["eng,root"] };
        Assert.Equal(PolicyOutcome.Deny, Evaluate(User("a@x.test", s_oidc) with { Claims = joined }, s_inside, Allow(rule)).Outcome);
    }

    [Fact]
    public void Evaluate_LoginMethod_ComparesTheProvider()
    {
        Assert.Equal(PolicyOutcome.Allow, Evaluate(User("a@x.test"), s_inside, Allow(new Rule.LoginMethod(s_pin))).Outcome);
        Assert.Equal(PolicyOutcome.Deny, Evaluate(User("a@x.test"), s_inside, Allow(new Rule.LoginMethod(s_oidc))).Outcome);
    }

    [Fact]
    public void Evaluate_Group_UsesItsOwnIncludeRequireExclude()
    {
        var group = new Group { Id = Guid.NewGuid(), Name = "eng", Include = [s_exampleCom], Exclude = [new Rule.Email("eve@example.com")] };
        var policy = Allow(new Rule.InGroup(group.Id));
        Assert.Equal(PolicyOutcome.Allow, Evaluate(User("alice@example.com"), s_inside, [group], policy).Outcome);
        Assert.Equal(PolicyOutcome.Deny, Evaluate(User("eve@example.com"), s_inside, [group], policy).Outcome);
        Assert.Equal(PolicyOutcome.Deny, Evaluate(User("bob@other.test"), s_inside, [group], policy).Outcome);
    }

    [Fact]
    public void Evaluate_MissingOrCircularGroup_NeverAdmits()
    {
        Assert.Equal(PolicyOutcome.Indeterminate, Evaluate(User("a@x.test"), s_inside, Allow(new Rule.InGroup(Guid.NewGuid()))).Outcome);
        Assert.Equal(PolicyOutcome.Indeterminate, Evaluate(User("a@x.test"), s_inside, Allow(s_everyone) with { Exclude = [new Rule.InGroup(Guid.NewGuid())] }).Outcome);
        var id = Guid.NewGuid();
        var circle = new Group { Id = id, Name = "circle", Include = [new Rule.InGroup(id)] };
        Assert.Equal(PolicyOutcome.Indeterminate, Evaluate(User("a@x.test"), s_inside, [circle], Allow(new Rule.InGroup(id))).Outcome);
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.9.9.9", true)]
    [InlineData("10.0.0.0/8", "::ffff:10.9.9.9", true)]
    [InlineData("10.0.0.0/8", "11.0.0.1", false)]
    [InlineData("2001:db8::/32", "2001:db8::1", true)]
    [InlineData("2001:db8::/32", "10.0.0.1", false)]
    [InlineData("192.0.2.7", "192.0.2.7", true)]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    [InlineData("0.0.0.0/0", "::1", false)]
    public void Contains_AddressAndNetwork_Match(string network, string address, bool inside)
        => Assert.Equal(inside, AddressRange.Contains(network, IPAddress.Parse(address)));

    [Fact]
    public void HasContinuousRules_FindsAddressRulesInGroups()
    {
        var group = new Group { Id = Guid.NewGuid(), Name = "office", Include = [s_network] };
        var (snapshot, application) = Build([group], Allow(new Rule.InGroup(group.Id)));
        Assert.True(PolicyEvaluator.HasContinuousRules(snapshot, application));
        (snapshot, application) = Build([], Allow(s_exampleCom));
        Assert.False(PolicyEvaluator.HasContinuousRules(snapshot, application));
    }

    [Fact]
    public void Evaluate_PolicyThatIsNotInTheSnapshot_DeniesAtItsPlace()
    {
        var (missing, allow) = (Policy(PolicyAction.Deny, s_everyone), Allow(s_everyone));
        var (snapshot, application) = Build([], missing, allow);
        var without = snapshot with { Policies = snapshot.Policies.Remove(missing.Id) };
        var decision = PolicyEvaluator.Evaluate(without, application, User("alice@example.com"), s_inside);
        Assert.Equal((PolicyOutcome.Deny, missing.Id, "deny: the policy is not in the configuration"), (decision.Outcome, decision.PolicyId, decision.Rule));
    }

    [Fact]
    public void Evaluate_PolicyThatIsNotInTheSnapshot_TakesNothingFromThoseBeforeIt()
    {
        var (missing, allow) = (Policy(PolicyAction.Deny, s_everyone), Allow(s_exampleCom));
        var (snapshot, application) = Build([], allow, missing);
        var without = snapshot with { Policies = snapshot.Policies.Remove(missing.Id) };
        Assert.Equal(PolicyOutcome.Allow, PolicyEvaluator.Evaluate(without, application, User("alice@example.com"), s_inside).Outcome);
        Assert.Equal(missing.Id, PolicyEvaluator.Evaluate(without, application, User("bob@other.test"), s_inside).PolicyId);
    }

    [Fact]
    public void Evaluate_AllowOnUnknownFactsBeforeAMissingPolicy_IsUndecided()
    {
        var (missing, allow) = (Policy(PolicyAction.Deny, s_everyone), Allow(s_network));
        var (snapshot, application) = Build([], allow, missing);
        var without = snapshot with { Policies = snapshot.Policies.Remove(missing.Id) };
        Assert.Equal(PolicyOutcome.Indeterminate, PolicyEvaluator.Evaluate(without, application, User("alice@example.com"), s_unknownAddress).Outcome);
    }

    private static Policy Allow(Rule include) => Policy(PolicyAction.Allow, include);

    private static Policy Policy(PolicyAction action, Rule include) => new() { Id = Guid.NewGuid(), Name = $"{action} {include.Kind}", Decision = action, Include = [include], Version = 1 };

    private static Identity User(string email, Guid? provider = null) => new()
    {
        UserId = Guid.NewGuid(),
        Email = email,
        IdentityProviderId = provider ?? s_pin,
        IdentityProviderType = "onetimepin",
        AuthenticatedAt = DateTimeOffset.UnixEpoch,
    };

    private static PolicyDecision Evaluate(Identity? identity, RequestFacts facts, params Policy[] policies) => Evaluate(identity, facts, [], policies);

    private static PolicyDecision Evaluate(Identity? identity, RequestFacts facts, Group[] groups, params Policy[] policies)
    {
        var (snapshot, application) = Build(groups, policies);
        return PolicyEvaluator.Evaluate(snapshot, application, identity, facts);
    }

    private static (ConfigurationSnapshot, Application) Build(Group[] groups, params Policy[] policies)
    {
        var application = new Application
        {
            Id = Guid.NewGuid(),
            Aud = new string('0', 64),
            Name = "app",
            Domain = "app.test",
            Policies = [.. policies.Select((policy, index) => new PolicyReference(policy.Id, index))],
        };
        var snapshot = new ConfigurationSnapshot
        {
            Applications = ImmutableDictionary<Guid, Application>.Empty.Add(application.Id, application),
            Policies = policies.ToImmutableDictionary(policy => policy.Id),
            Groups = groups.ToImmutableDictionary(group => group.Id),
        };
        return (snapshot, application);
    }
}
