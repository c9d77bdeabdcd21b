using System.Text.Json;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Config.Policies;

/// <summary>Reads the rule lists of policies and groups, and checks what they refer to.</summary>
public static class RuleReader
{
    private const int MaximumRules = 1000;

    /// <summary>Reads one list; each bad rule is one error with its pointer.</summary>
    public static IReadOnlyList<Rule> Read(BodyReader reader, string list, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(snapshot);
        var rules = new List<Rule>();
        foreach (var (item, index) in reader.Items(list, MaximumRules).Select((item, index) => (item, index)))
        {
            try
            {
                var rule = item.Deserialize(ConfigurationJson.Default.Rule) ?? throw new JsonException("A rule is an object with exactly one member, the kind of rule.");
                if (MissingReference(rule, snapshot) is { } missing)
                {
                    reader.Refuse($"{list}/{index}", missing);
                }
                else
                {
                    rules.Add(rule);
                }
            }
            catch (JsonException refused)
            {
                // The converter's messages are written for the person who made the rule.
                reader.Refuse($"{list}/{index}", refused.Message);
            }
        }

        return rules;
    }

    private static string? MissingReference(Rule rule, ConfigurationSnapshot snapshot) => rule switch
    {
        Rule.InGroup group when !snapshot.Groups.ContainsKey(group.Id) => $"there is no group {group.Id}",
        Rule.ServiceToken token when !snapshot.ServiceTokens.ContainsKey(token.TokenId) => $"there is no service token {token.TokenId}",
        Rule.LinkedAppToken link when !snapshot.Applications.ContainsKey(link.AppUid) => $"there is no application {link.AppUid}",
        { ListId: { } list } => MissingList(rule, list, snapshot),
        { ProviderId: { } provider } => MissingProvider(rule, provider, snapshot),
        _ => null,
    };

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
