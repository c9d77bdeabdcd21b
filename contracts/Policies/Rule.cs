using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
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

    /// <summary>True when the rule is about somebody who has logged in: without a user it can never match.</summary>
    [JsonIgnore]
    public virtual bool NeedsUser => false;

    /// <summary>The list that the rule looks into; null for other rules.</summary>
    [JsonIgnore]
    public virtual Guid? ListId => null;

    /// <summary>The identity provider that the rule is about; null for other rules.</summary>
    [JsonIgnore]
    public virtual Guid? ProviderId => null;

    /// <summary>Exactly this address, compared normalised.</summary>
    public sealed record Email(string Address) : Rule
    {
        public override string Kind => "email";
        public override string Value => Address;
        public override bool NeedsUser => true;
    }

    /// <summary>Any address at exactly this domain; <c>notexample.com</c> and <c>sub.example.com</c> are other domains.</summary>
    public sealed record EmailDomain(string Domain) : Rule
    {
        public override string Kind => "email_domain";
        public override string Value => Domain;
        public override bool NeedsUser => true;
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

    /// <summary>A client address in this country, as far as <see cref="CountryNetworks"/> knows it.</summary>
    /// <param name="CountryCode">ISO 3166-1, two upper-case letters.</param>
    public sealed record Geo(string CountryCode) : Rule
    {
        public override string Kind => "geo";
        public override string Value => CountryCode;
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
        public override bool NeedsUser => true;
        public override Guid? ProviderId => Id;
    }

    /// <summary>A claim with this value from this identity provider.</summary>
    public sealed record OidcClaim(Guid IdentityProviderId, string ClaimName, string ClaimValue) : Rule
    {
        public override string Kind => "oidc";
        public override string Value => $"{ClaimName}={ClaimValue}";
        public override bool NeedsUser => true;
        public override Guid? ProviderId => IdentityProviderId;
    }

    /// <summary>An address in this list.</summary>
    public sealed record EmailList(Guid Id) : Rule
    {
        public override string Kind => "email_list";
        public override string Value => Id.ToString();
        public override bool NeedsUser => true;
        public override Guid? ListId => Id;
    }

    /// <summary>A client address inside one of the networks of this list.</summary>
    public sealed record IpList(Guid Id) : Rule
    {
        public override string Kind => "ip_list";
        public override string Value => Id.ToString();
        public override bool Continuous => true;
        public override Guid? ListId => Id;
    }

    /// <summary>A login in which the identity provider used this method (RFC 8176, <c>amr</c>).</summary>
    public sealed record AuthMethod(string Method) : Rule
    {
        public override string Kind => "auth_method";
        public override string Value => Method;
        public override bool NeedsUser => true;
    }

    /// <summary>An attribute with this value from this identity provider.</summary>
    public sealed record SamlAttribute(Guid IdentityProviderId, string AttributeName, string AttributeValue) : Rule
    {
        public override string Kind => "saml";
        public override string Value => $"{AttributeName}={AttributeValue}";
        public override bool NeedsUser => true;
        public override Guid? ProviderId => IdentityProviderId;
    }

    /// <summary>A group that the identity provider puts the user into. How it is named in JSON depends on the provider's make.</summary>
    /// <param name="Make"><c>okta</c>, <c>azureAD</c> or <c>gsuite</c>.</param>
    /// <param name="IdentityProviderId">Who says so.</param>
    /// <param name="Group">The group's name, id or address, exactly as the provider gives it.</param>
    public sealed record ProviderGroup(string Make, Guid IdentityProviderId, string Group) : Rule
    {
        public override string Kind => Make;
        public override string Value => Group;
        public override bool NeedsUser => true;
        public override Guid? ProviderId => IdentityProviderId;
    }

    /// <summary>A member of a GitHub organization, or of one team of it; names are compared without case, as GitHub does.</summary>
    public sealed record GitHubOrganization(Guid IdentityProviderId, string Name, string? Team) : Rule
    {
        public override string Kind => "github-organization";
        public override string Value => Team is null ? Name : $"{Name}/{Team}";
        public override bool NeedsUser => true;
        public override Guid? ProviderId => IdentityProviderId;
    }

    /// <summary>Another service says yes to this user: it is asked at the login and at every refresh, and both question and answer are signed.</summary>
    /// <param name="EvaluateUrl">Where the question goes (POST).</param>
    /// <param name="KeysUrl">The keys that answers are signed with (RFC 7517 §5).</param>
    public sealed record ExternalEvaluation(string EvaluateUrl, string KeysUrl) : Rule
    {
        public override string Kind => "external_evaluation";
        public override string Value => EvaluateUrl;
        public override bool NeedsUser => true;

        /// <summary>Names the answer in <see cref="Identity.Evaluations"/>: another address or other keys make it another question.</summary>
        [JsonIgnore]
        public string Key => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"{EvaluateUrl}\n{KeysUrl}")).AsSpan(0, 16));
    }

    /// <summary>A request that brings the assertion which another application's origin received: that application speaks for its user.</summary>
    /// <param name="AppUid">The application that the assertion was made for.</param>
    public sealed record LinkedAppToken(Guid AppUid) : Rule
    {
        public override string Kind => "linked_app_token";
        public override string Value => AppUid.ToString();
        public override bool Continuous => true;
    }
}
