using System.Text.Json.Serialization;

namespace ManagedOAuth.Contracts.Policies;

/// <summary>One rule of a policy or group. In JSON an object with one member, whose name is the kind: <c>{"email_domain":{"domain":"example.com"}}</c>.</summary>
[JsonConverter(typeof(RuleJsonConverter))]
public abstract record Rule
{
    private protected Rule()
    {
    }

    /// <summary>The kind as it stands in JSON.</summary>
    [JsonIgnore]
    public abstract string Kind { get; }

    /// <summary>The value in words, for the record of a decision.</summary>
    [JsonIgnore]
    public abstract string Value { get; }

    /// <summary>True when the rule can change its answer between two requests of one session (address, service token).</summary>
    [JsonIgnore]
    public virtual bool Continuous => false;

    /// <summary>Exactly this address, compared normalised.</summary>
    public sealed record Email(string Address) : Rule
    {
        public override string Kind => "email";
        public override string Value => Address;
    }

    /// <summary>Any address at exactly this domain; <c>notexample.com</c> and <c>sub.example.com</c> are other domains.</summary>
    public sealed record EmailDomain(string Domain) : Rule
    {
        public override string Kind => "email_domain";
        public override string Value => Domain;
    }

    /// <summary>Everybody.</summary>
    public sealed record Everyone : Rule
    {
        public override string Kind => "everyone";
        public override string Value => "";
    }

    /// <summary>Whoever the group's own rules take in.</summary>
    public sealed record InGroup(Guid Id) : Rule
    {
        public override string Kind => "group";
        public override string Value => Id.ToString();
    }

    /// <summary>A client address inside this network (CIDR notation; a single address is a network of one).</summary>
    public sealed record Ip(string Network) : Rule
    {
        public override string Kind => "ip";
        public override string Value => Network;
        public override bool Continuous => true;
    }

    /// <summary>This service token.</summary>
    public sealed record ServiceToken(Guid TokenId) : Rule
    {
        public override string Kind => "service_token";
        public override string Value => TokenId.ToString();
        public override bool Continuous => true;
    }

    /// <summary>Any service token that is enabled and not expired.</summary>
    public sealed record AnyValidServiceToken : Rule
    {
        public override string Kind => "any_valid_service_token";
        public override string Value => "";
        public override bool Continuous => true;
    }

    /// <summary>A login by this identity provider.</summary>
    public sealed record LoginMethod(Guid Id) : Rule
    {
        public override string Kind => "login_method";
        public override string Value => Id.ToString();
    }

    /// <summary>A claim with this value from this identity provider.</summary>
    public sealed record OidcClaim(Guid IdentityProviderId, string ClaimName, string ClaimValue) : Rule
    {
        public override string Kind => "oidc";
        public override string Value => $"{ClaimName}={ClaimValue}";
    }
}
