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
                var rule = item.Deserialize(ConfigurationJson.Default.Rule)!;
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
        Rule.LoginMethod method when !snapshot.IdentityProviders.ContainsKey(method.Id) => $"there is no identity provider {method.Id}",
        Rule.OidcClaim claim when !snapshot.IdentityProviders.ContainsKey(claim.IdentityProviderId) => $"there is no identity provider {claim.IdentityProviderId}",
        _ => null,
    };
}
