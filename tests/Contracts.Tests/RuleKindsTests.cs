using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Contracts.Tests;

public sealed class RuleKindsTests
{
    private static readonly Guid s_provider = Guid.NewGuid();
    private static readonly RequestFacts s_inside = new() { ClientAddress = IPAddress.Parse("10.1.2.3") };
    private static readonly AccessList s_people = ListOf(AccessListType.Email, "alice@example.com", "bob@other.test");
    private static readonly AccessList s_offices = ListOf(AccessListType.Ip, "10.0.0.0/8", "2001:db8::/32", "192.0.2.7");

    public static TheoryData<string> EveryKind => new(
        """{"email":{"email":"a@x.test"}}""",
        """{"email_domain":{"domain":"x.test"}}""",
        """{"email_list":{"id":"5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11"}}""",
        """{"everyone":{}}""",
        """{"ip":{"ip":"10.0.0.0/8"}}""",
        """{"geo":{"country_code":"SE"}}""",
        """{"ip_list":{"id":"5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11"}}""",
        """{"group":{"id":"5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11"}}""",
        """{"login_method":{"id":"5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11"}}""",
        """{"auth_method":{"auth_method":"mfa"}}""",
        """{"azureAD":{"identity_provider_id":"5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11","id":"eng"}}""",
        """{"okta":{"identity_provider_id":"5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11","name":"eng"}}""",
        """{"gsuite":{"identity_provider_id":"5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11","email":"eng@x.test"}}""",
        """{"github-organization":{"identity_provider_id":"5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11","name":"acme"}}""",
        """{"github-organization":{"identity_provider_id":"5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11","name":"acme","team":"eng"}}""",
        """{"saml":{"identity_provider_id":"5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11","attribute_name":"group","attribute_value":"eng"}}""",
        """{"oidc":{"identity_provider_id":"5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11","claim_name":"group","claim_value":"eng"}}""",
        """{"service_token":{"token_id":"5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11"}}""",
        """{"any_valid_service_token":{}}""",
        """{"external_evaluation":{"evaluate_url":"https://eval.test/","keys_url":"https://eval.test/keys"}}""",
        """{"linked_app_token":{"app_uid":"5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11"}}""");

    [Theory]
    [InlineData("http://eval.test/")]
    [InlineData("https://user:secret@eval.test/")]
    [InlineData("https://eval.test/#x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("/relative")]
    [InlineData("")]
    public void ExternalEvaluation_AtAnAddressThatIsNoneForIt_IsRefused(string url)
    {
        var json = JsonSerializer.Serialize(new { external_evaluation = new { evaluate_url = url, keys_url = "https://eval.test/keys" } });
        Assert.Contains("evaluate_url", Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, ConfigurationJson.Default.Rule)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ExternalEvaluation_DecidesByWhatTheServiceSaid_AndNotAtAllBeforeItSaidSomething()
    {
        var rule = new Rule.ExternalEvaluation("https://eval.test/", "https://eval.test/keys");
        var user = User("a@x.test");
        Assert.Equal(PolicyOutcome.Indeterminate, Evaluate(user, s_inside, rule).Outcome);
        Assert.Equal(PolicyOutcome.Allow, Evaluate(user with { Evaluations = new Dictionary<string, bool> { [rule.Key] = true } }, s_inside, rule).Outcome);
        Assert.Equal(PolicyOutcome.Deny, Evaluate(user with { Evaluations = new Dictionary<string, bool> { [rule.Key] = false } }, s_inside, rule).Outcome);

        // What was said under other keys, or at another address, was said to another question.
        var elsewhere = rule with { KeysUrl = "https://other.test/keys" };
        Assert.Equal(PolicyOutcome.Indeterminate, Evaluate(user with { Evaluations = new Dictionary<string, bool> { [elsewhere.Key] = true } }, s_inside, rule).Outcome);
    }

    [Theory]
    [MemberData(nameof(EveryKind))]
    public void Rule_ReadAndWritten_IsTheSameText(string json)
        => Assert.Equal(json, JsonSerializer.Serialize(JsonSerializer.Deserialize(json, ConfigurationJson.Default.Rule)!, ConfigurationJson.Default.Rule));

    [Theory]
    [InlineData("""{"device_posture":{"integration_uid":"x"}}""")]
    [InlineData("""{"user_risk_score":{"user_risk_score":["low"]}}""")]
    [InlineData("""{"cloudflare_account_member":{}}""")]
    [InlineData("""{"auth_context":{"id":"1","ac_id":"2","identity_provider_id":"3"}}""")]
    [InlineData("""{"certificate":{}}""")]
    [InlineData("""{"common_name":{"common_name":"build.example.com"}}""")]
    [InlineData("""{"warp":{}}""")]
    public void Rule_ThatNothingHereCanDecide_IsRefusedWithAReason(string json)
    {
        var refused = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, ConfigurationJson.Default.Rule));
        Assert.Contains("cannot be evaluated: ", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("alice@example.com", PolicyOutcome.Allow)]
    [InlineData("ALICE@EXAMPLE.COM", PolicyOutcome.Allow)]
    [InlineData("carol@example.com", PolicyOutcome.Deny)]
    public void EmailList_HoldsTheAddressOrNot(string email, PolicyOutcome outcome)
        => Assert.Equal(outcome, Evaluate(User(email), s_inside, new Rule.EmailList(s_people.Id)).Outcome);

    [Fact]
    public void EmailList_Decides_UnderItsName()
        => Assert.Equal("include email_list people", Evaluate(User("alice@example.com"), s_inside, new Rule.EmailList(s_people.Id)).Rule);

    [Theory]
    [InlineData("10.9.9.9", PolicyOutcome.Allow)]
    [InlineData("::ffff:10.9.9.9", PolicyOutcome.Allow)]
    [InlineData("2001:db8::5", PolicyOutcome.Allow)]
    [InlineData("192.0.2.7", PolicyOutcome.Allow)]
    [InlineData("192.0.2.8", PolicyOutcome.Deny)]
    [InlineData(null, PolicyOutcome.Indeterminate)]
    public void IpList_HoldsTheNetworkOrNot(string? address, PolicyOutcome outcome)
        => Assert.Equal(outcome, Evaluate(User("a@x.test"), new RequestFacts { ClientAddress = address is null ? null : IPAddress.Parse(address) }, new Rule.IpList(s_offices.Id)).Outcome);

    // 203.0.113.9 is in no network of the list, as an address at home is: it is in no country, and so neither in this one nor safely out of it.
    [Theory]
    [InlineData("198.51.100.7", PolicyOutcome.Allow, PolicyOutcome.Deny)]
    [InlineData("::ffff:198.51.100.7", PolicyOutcome.Allow, PolicyOutcome.Deny)]
    [InlineData("2001:db8::5", PolicyOutcome.Deny, PolicyOutcome.Allow)]
    [InlineData("203.0.113.9", PolicyOutcome.Indeterminate, PolicyOutcome.Indeterminate)]
    [InlineData(null, PolicyOutcome.Indeterminate, PolicyOutcome.Indeterminate)]
    public void Geo_DecidesByTheCountryOfTheAddress_AndNotAtAllWhereNoneIsKnown(string? address, PolicyOutcome included, PolicyOutcome excluded)
    {
        using var list = new StringReader("198.51.100.0/24,SE\n2001:db8::/32,DE\n");
        var facts = new RequestFacts { ClientAddress = address is null ? null : IPAddress.Parse(address) };
        var (snapshot, application) = Build(new Rule.Geo("SE"), s_people);
        var policy = snapshot.Policies.Values.Single();
        var without = policy with { Include = [new Rule.Everyone()], Exclude = [new Rule.Geo("SE")] };
        snapshot = snapshot with { Countries = CountryNetworks.Read(list) };
        Assert.Equal(included, PolicyEvaluator.Evaluate(snapshot, application, User("a@x.test"), facts).Outcome);
        Assert.Equal(excluded, PolicyEvaluator.Evaluate(snapshot with { Policies = snapshot.Policies.SetItem(policy.Id, without) }, application, User("a@x.test"), facts).Outcome);
        Assert.Equal(PolicyOutcome.Indeterminate, PolicyEvaluator.Evaluate(snapshot with { Countries = null }, application, User("a@x.test"), facts).Outcome);
    }

    [Fact]
    public void List_ThatIsMissingOrOfTheOtherType_NeverAdmits()
    {
        Assert.Equal(PolicyOutcome.Indeterminate, Evaluate(User("alice@example.com"), s_inside, new Rule.EmailList(Guid.NewGuid())).Outcome);
        Assert.Equal(PolicyOutcome.Indeterminate, Evaluate(User("alice@example.com"), s_inside, new Rule.EmailList(s_offices.Id)).Outcome);
        Assert.Equal(PolicyOutcome.Indeterminate, Evaluate(User("alice@example.com"), s_inside, new Rule.IpList(s_people.Id)).Outcome);
    }

    [Fact]
    public void List_ChangedInACopyOfTheRecord_DecidesByItsNewValues()
    {
        var changed = s_people with { Items = [new AccessListItem("carol@example.com", null, default)] };
        Assert.Equal(PolicyOutcome.Deny, Evaluate(User("carol@example.com"), s_inside, new Rule.EmailList(s_people.Id)).Outcome);
        Assert.Equal(PolicyOutcome.Allow, Evaluate(User("carol@example.com"), s_inside, new Rule.EmailList(s_people.Id), changed).Outcome);
    }

    [Fact]
    public void IpList_IsAskedAtEveryRequest()
    {
        var (snapshot, application) = Build(new Rule.IpList(s_offices.Id), s_offices);
        Assert.True(PolicyEvaluator.HasContinuousRules(snapshot, application));
    }

    public static TheoryData<string, bool> Groups => new()
    {
        { $$$"""{"okta":{"identity_provider_id":"{{{s_provider}}}","name":"eng"}}""", true },
        { $$$"""{"okta":{"identity_provider_id":"{{{s_provider}}}","name":"ENG"}}""", false },
        { $$$"""{"azureAD":{"identity_provider_id":"{{{s_provider}}}","id":"eng"}}""", true },
        { $$$"""{"gsuite":{"identity_provider_id":"{{{s_provider}}}","email":"eng"}}""", true },
        { $$$"""{"okta":{"identity_provider_id":"{{{Guid.NewGuid()}}}","name":"eng"}}""", false },
        { $$$"""{"github-organization":{"identity_provider_id":"{{{s_provider}}}","name":"Acme"}}""", true },
        { $$$"""{"github-organization":{"identity_provider_id":"{{{s_provider}}}","name":"acme","team":"Core"}}""", true },
        { $$$"""{"github-organization":{"identity_provider_id":"{{{s_provider}}}","name":"acme","team":"ops"}}""", false },
        { $$$"""{"saml":{"identity_provider_id":"{{{s_provider}}}","attribute_name":"department","attribute_value":"42"}}""", true },
        { $$$"""{"saml":{"identity_provider_id":"{{{s_provider}}}","attribute_name":"department","attribute_value":"4"}}""", false },
        { """{"auth_method":{"auth_method":"mfa"}}""", true },
        { """{"auth_method":{"auth_method":"hwk"}}""", false },
    };

    [Theory]
    [MemberData(nameof(Groups))]
    public void ClaimRules_LookAtWhatTheRightProviderSaid(string json, bool admitted)
    {
        var rule = JsonSerializer.Deserialize(json, ConfigurationJson.Default.Rule)!;
        Assert.Equal(admitted ? PolicyOutcome.Allow : PolicyOutcome.Deny, Evaluate(User("a@x.test"), s_inside, rule).Outcome);
        Assert.Equal(PolicyOutcome.Deny, Evaluate(User("a@x.test") with { Claims = new Dictionary<string, IReadOnlyList<string>>() }, s_inside, rule).Outcome);
    }

    [Fact]
    public void Claim_LeftOutForItsSize_IsUnknownAndTheOthersDecide()
    {
        var trimmed = User("a@x.test") with { Claims = new Dictionary<string, IReadOnlyList<string>> { ["amr"] = ["mfa"] }, ClaimsKnown = false };
        Assert.Equal(PolicyOutcome.Allow, Evaluate(trimmed, s_inside, new Rule.AuthMethod("mfa")).Outcome);
        Assert.Equal(PolicyOutcome.Deny, Evaluate(trimmed, s_inside, new Rule.AuthMethod("hwk")).Outcome);
        Assert.Equal(PolicyOutcome.Indeterminate, Evaluate(trimmed, s_inside, new Rule.ProviderGroup("okta", s_provider, "eng")).Outcome);
    }

    private static PolicyDecision Evaluate(Identity identity, RequestFacts facts, Rule rule, AccessList? list = null)
    {
        var (snapshot, application) = Build(rule, list ?? s_people);
        return PolicyEvaluator.Evaluate(snapshot, application, identity, facts);
    }

    private static (ConfigurationSnapshot, Application) Build(Rule rule, AccessList list)
    {
        var policy = new Policy { Id = Guid.NewGuid(), Name = "p", Decision = PolicyAction.Allow, Include = [rule] };
        var application = new Application { Id = Guid.NewGuid(), Aud = new string('0', 64), Name = "app", Domain = "app.test", Policies = [new PolicyReference(policy.Id, 1)] };
        return (new ConfigurationSnapshot
        {
            Applications = ImmutableDictionary<Guid, Application>.Empty.Add(application.Id, application),
            Policies = ImmutableDictionary<Guid, Policy>.Empty.Add(policy.Id, policy),
            Lists = ImmutableDictionary<Guid, AccessList>.Empty.Add(s_offices.Id, s_offices).SetItem(list.Id, list),
        }, application);
    }

    private static AccessList ListOf(AccessListType type, params string[] values) => new()
    {
        Id = Guid.NewGuid(),
        Name = type == AccessListType.Email ? "people" : "offices",
        Type = type,
        Items = [.. values.Select(value => new AccessListItem(value, null, default))],
    };

    private static Identity User(string email) => new()
    {
        UserId = Guid.NewGuid(),
        Email = email,
        IdentityProviderId = s_provider,
        IdentityProviderType = "oidc",
        AuthenticatedAt = DateTimeOffset.UnixEpoch,
        Claims = new Dictionary<string, IReadOnlyList<string>> { ["groups"] = ["ops2", "eng", "acme", "acme/core"], ["department"] = ["42"], ["amr"] = ["pwd", "mfa"] },
    };
}
