using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Rules;

/// <summary>The objects that rules can name.</summary>
public sealed class RuleChoices
{
    private static readonly (RuleSource Source, string Path, string? Type)[] s_sources =
    [
        (RuleSource.Groups, "access/groups", null), (RuleSource.IdentityProviders, "access/identity_providers", null), (RuleSource.ServiceTokens, "access/service_tokens", null),
        (RuleSource.EmailLists, "gateway/lists", "EMAIL"), (RuleSource.IpLists, "gateway/lists", "IP"), (RuleSource.Applications, "access/apps", null),
    ];

    private readonly Dictionary<RuleSource, IReadOnlyList<(string Id, string Name)>> _choices = [];

    private readonly HashSet<RuleSource> _shortened = [];

    /// <summary>There are more of them than <see cref="Of"/> has.</summary>
    public bool IsShortened(RuleSource source) => _shortened.Contains(source);

    public IReadOnlyList<(string Id, string Name)> Of(RuleSource source) => _choices.GetValueOrDefault(source, []);

    /// <summary>Reads them. What the administrator may not see is empty.</summary>
    public static async Task<RuleChoices> LoadAsync(AdminApi api, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(api);
        var choices = new RuleChoices();
        foreach (var (source, path, type) in s_sources)
        {
            var answer = await api.GetAsync($"{path}?per_page=1000", ct);
            if (answer.IsShortened)
            {
                choices._shortened.Add(source);
            }

            choices._choices[source] = [.. answer.Items.Where(item => type is null || (string?)item["type"] == type).Select(item => ((string?)item["id"] ?? "", (string?)item["name"] ?? ""))];
        }

        return choices;
    }

    /// <summary>A rule in words, with the names of what it refers to.</summary>
    public string Words(JsonObject rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        var (kind, body) = rule.FirstOrDefault();
        if (RuleKinds.Find(kind ?? "") is not { } known)
        {
            return Components.PolicyWords.Rule(rule);
        }

        var values = known.Inputs.Select(input =>
        {
            var value = (string?)(body as JsonObject)?[input.Member] ?? "";
            return input.Source == RuleSource.Text ? value : Of(input.Source).FirstOrDefault(choice => choice.Id == value).Name ?? value;
        });
        return known.Inputs.Count == 0 ? known.Label : $"{known.Label}: {string.Join(" ", values)}";
    }
}
