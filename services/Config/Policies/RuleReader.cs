using System.Text.Json;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Config.Policies;

/// <summary>Reads the rule lists of policies and groups, and checks what they say and what they refer to.</summary>
public static class RuleReader
{
    private const int MaximumRules = 1000;

    private const string NoRule = "A rule is an object with exactly one member, the kind of rule.";

    /// <summary>Reads <c>include</c>, which is never empty.</summary>
    public static IReadOnlyList<Rule> Include(BodyReader reader, ConfigurationSnapshot snapshot, Func<Rule, string?>? misfit = null)
    {
        var rules = Read(reader, "include", snapshot, misfit);
        if (rules.Count == 0 && reader.Items("include", int.MaxValue).Count == 0)
        {
            reader.Refuse("include", "include needs at least one rule");
        }

        return rules;
    }

    /// <summary>Reads one list; each bad rule is one error with its pointer, which leads to the member where one is what is wrong.</summary>
    /// <param name="misfit">Why a rule has no place in this list; null when it has.</param>
    public static IReadOnlyList<Rule> Read(BodyReader reader, string list, ConfigurationSnapshot snapshot, Func<Rule, string?>? misfit = null)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(snapshot);
        var rules = new List<Rule>();
        foreach (var (item, index) in reader.Items(list, MaximumRules).Select((item, index) => (item, index)))
        {
            try
            {
                var rule = item.Deserialize(ConfigurationJson.Default.Rule) ?? throw new JsonException(NoRule);
                if ((BlankMember(item) ?? WrongMember(rule) ?? MissingReference(rule, snapshot)) is (var member, var reason))
                {
                    reader.Refuse($"{list}/{index}/{rule.Kind}/{member}", reason);
                }
                else if (misfit?.Invoke(rule) is { } why)
                {
                    reader.Refuse($"{list}/{index}", why);
                }
                else
                {
                    rules.Add(rule);
                }
            }
            catch (JsonException refused)
            {
                // The converter's messages are written for the person who made the rule, and its paths lead to the member.
                reader.Refuse(refused.Path is ['/', ..] ? $"{list}/{index}{refused.Path}" : $"{list}/{index}", refused.Message);
            }
        }

        return rules;
    }

    private static (string Member, string Reason)? BlankMember(JsonElement rule)
    {
        foreach (var member in rule.EnumerateObject().First().Value.EnumerateObject().Where(member => member.Value.ValueKind == JsonValueKind.String))
        {
            var text = member.Value.GetString()!;
            if (text.Length > 0 && (string.IsNullOrWhiteSpace(text) || text.Any(char.IsControl)))
            {
                return (member.Name, $"{member.Name} is a text with something in it and without control characters");
            }
        }

        return null;
    }

    private static (string Member, string Reason)? WrongMember(Rule rule) => rule switch
    {
        Rule.Email email => At("email", AddressText.WrongEmail(email.Address)),
        Rule.EmailDomain domain => At("domain", AddressText.WrongDomain(domain.Domain)),
        Rule.Ip network => At("ip", AddressText.WrongNetwork(network.Network)),
        Rule.GitHubOrganization organization => At("name", WrongGitHubName(organization.Name)) ?? At("team", WrongGitHubName(organization.Team ?? "")),
        _ => null,
    };

    // An organization and its team are compared as one text with a slash between them.
    private static string? WrongGitHubName(string name)
        => name.Any(c => c == '/' || char.IsWhiteSpace(c)) ? $"'{name}' is no name on GitHub: name the organization in name, and the team, if one is meant, in team" : null;

    private static (string Member, string Reason)? MissingReference(Rule rule, ConfigurationSnapshot snapshot) => rule switch
    {
        Rule.InGroup group when !snapshot.Groups.ContainsKey(group.Id) => ("id", $"there is no group {group.Id}"),
        Rule.ServiceToken token when !snapshot.ServiceTokens.ContainsKey(token.TokenId) => ("token_id", $"there is no service token {token.TokenId}"),
        Rule.Geo geo => At("country_code", UnknownCountry(geo.CountryCode, snapshot)),
        Rule.LinkedAppToken link when !snapshot.Applications.ContainsKey(link.AppUid) => ("app_uid", $"there is no application {link.AppUid}"),
        { ListId: { } list } => At("id", MissingList(rule, list, snapshot)),
        { ProviderId: { } provider } => At(rule is Rule.LoginMethod ? "id" : "identity_provider_id", MissingProvider(rule, provider, snapshot)),
        _ => null,
    };

    // A country that no address is in would lock everybody out, or keep nobody out.
    private static string? UnknownCountry(string country, ConfigurationSnapshot snapshot)
        => snapshot.Countries is null ? "the country of an address is not known here: the operator names a list of networks (Geo__Networks) at every service first; or use ip or ip_list"
            : !snapshot.Countries.Knows(country) ? $"no network of the operator's list is in {country}; countries are named by ISO 3166-1, such as GB for the United Kingdom"
            : null;

    private static (string Member, string Reason)? At(string member, string? reason) => reason is null ? null : (member, reason);

    private static string? MissingList(Rule rule, Guid id, ConfigurationSnapshot snapshot)
    {
        var expected = rule is Rule.EmailList ? AccessListType.Email : AccessListType.Ip;
        return !snapshot.Lists.TryGetValue(id, out var list) ? $"there is no list {id}"
            : list.Type != expected ? $"the list {list.Name} is not one for {rule.Kind} rules"
            : null;
    }

    // A rule that its provider can never satisfy would lock everybody out, or keep nobody out.
    private static string? MissingProvider(Rule rule, Guid id, ConfigurationSnapshot snapshot)
    {
        if (!snapshot.IdentityProviders.TryGetValue(id, out var provider))
        {
            return $"there is no identity provider {id}";
        }

        return (rule, provider.Type) switch
        {
            (Rule.LoginMethod, _) => null,
            (_, "onetimepin") => $"the identity provider {provider.Name} tells nothing but the e-mail address",
            (Rule.GitHubOrganization, not "github") => $"the identity provider {provider.Name} is not of type github",
            (not Rule.GitHubOrganization, "github") => $"the identity provider {provider.Name} is of type github: use github-organization",
            _ => null,
        };
    }
}
