using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.History;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.DryRuns;

/// <summary>What a change would do: the validated result, the differences, and whom it touches.</summary>
public sealed class DryRunAnswer(LiveGrants grants)
{
    private const int MostShown = 100;

    public async Task<IResult> OfAsync(ConfigurationChange change, ChangeOutcome outcome, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(change);
        ArgumentNullException.ThrowIfNull(outcome);

        // Before and after: a policy that leaves an application touches it as much as one that comes.
        var (before, after) = (change.Snapshot, change.Draft.Snapshot);
        var touched = ConfigurationChangedHandler.Touched(outcome.Kind, outcome.Id, before).Union(ConfigurationChangedHandler.Touched(outcome.Kind, outcome.Id, after)).ToList();

        // Nobody else waits while Token is asked.
        await change.DisposeAsync();
        var info = new JsonObject
        {
            ["dry_run"] = true,
            ["changes"] = JsonDifference.Between(outcome.Before, outcome.After),
            ["touches"] = new JsonObject
            {
                ["application_count"] = touched.Count,
                ["applications"] = new JsonArray([.. touched.Take(MostShown).Select(id => Show(id, before, after))]),
            },
        };
        if (await grants.CountAsync(touched, ct) is { } live)
        {
            info["touches"]!["live_grants"] = live;
        }

        return new EnvelopeResult(StatusCodes.Status200OK, [], outcome.Result) { Info = info };
    }

    private static JsonObject Show(Guid id, ConfigurationSnapshot before, ConfigurationSnapshot after)
        => new() { ["id"] = id, ["name"] = (after.Applications.GetValueOrDefault(id) ?? before.Applications.GetValueOrDefault(id))?.Name };
}
