using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.History;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.DryRuns;

/// <summary>What a change would do: the validated result, the differences, and whom it touches.</summary>
public sealed class DryRunAnswer(LiveGrants grants)
{
    private const int MostShown = 100;
    private const string ServiceToken = "service_token";
    private const string IdentityProvider = "identity_provider";

    public async Task<IResult> OfAsync(ConfigurationChange change, ChangeOutcome outcome, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(change);
        ArgumentNullException.ThrowIfNull(outcome);

        // Before and after: a policy that leaves an application touches it as much as one that comes.
        var (before, after) = (change.Snapshot, change.Draft.Snapshot);
        var touched = Touched(outcome, before).Union(Touched(outcome, after)).ToList();

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
        await TellAsync(info["touches"]!.AsObject(), outcome, touched, before, after, ct);
        return new EnvelopeResult(StatusCodes.Status200OK, [], outcome.Result) { Info = info };
    }

    // A service token opens no grants: what it is let in by are requests, one by one. An identity provider may have users anywhere that its applications
    // do not say which they allow: where one says so, the provider is in use and is not removed.
    private static IReadOnlyList<Guid> Touched(ChangeOutcome outcome, ConfigurationSnapshot snapshot) => outcome.Kind switch
    {
        ServiceToken => RuleUsers.ApplicationsThatName(snapshot, outcome.Id),
        IdentityProvider => outcome.After is not null ? [] : [.. snapshot.Applications.Values.Where(application => application.AllowedIdps.Count == 0).Select(application => application.Id)],
        _ => ConfigurationChangedHandler.Touched(outcome.Kind, outcome.Id, snapshot),
    };

    private async Task TellAsync(JsonObject touches, ChangeOutcome outcome, List<Guid> touched, ConfigurationSnapshot before, ConfigurationSnapshot after, CancellationToken ct)
    {
        if (outcome.Kind == ServiceToken)
        {
            return;
        }

        if (await grants.ForeseeAsync(touched, before, after, ct) is { } forecast)
        {
            touches["live_grants"] = forecast.Live;
            touches["ending_grants"] = forecast.Ending;
            touches["ending_users"] = forecast.Users;
        }
        else if (await grants.CountAsync(touched, ct) is { } live)
        {
            touches["live_grants"] = live;
        }
    }

    private static JsonObject Show(Guid id, ConfigurationSnapshot before, ConfigurationSnapshot after)
        => new() { ["id"] = id, ["name"] = (after.Applications.GetValueOrDefault(id) ?? before.Applications.GetValueOrDefault(id))?.Name };
}
