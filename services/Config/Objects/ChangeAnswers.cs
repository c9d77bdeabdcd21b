using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Dashboard.Access;
using ManagedOAuth.Config.DryRuns;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Idempotency;
using ManagedOAuth.Contracts.Configuration;
using Marten.Exceptions;

namespace ManagedOAuth.Config.Objects;

/// <summary>The last step of every change: save it and answer, or, for a dry run, answer what it would do.</summary>
public sealed class ChangeAnswers(ConfigurationWriter writer, DryRunAnswer dryRun, IHttpContextAccessor http)
{
    /// <summary>Saves the change and gives the answer. Where nothing was drafted everything is so already, and nothing is saved.</summary>
    public async Task<IResult> CompleteAsync(ConfigurationChange change, ChangeOutcome outcome, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(change);
        ArgumentNullException.ThrowIfNull(outcome);
        if (Refusal(change) is { } refused)
        {
            return refused;
        }

        if (DryRun.IsAsked(http.HttpContext!.Request))
        {
            return await dryRun.OfAsync(change, outcome, ct);
        }

        var answer = new EnvelopeResult(outcome.Status, [], WithSecrets(outcome)) { EntityTag = outcome.EntityTag };
        if (change.Draft.IsEmpty)
        {
            return answer;
        }

        return await SaveAsync(change, answer, [new ConfigurationChanged(outcome.Kind, outcome.Id, outcome.Version), .. Alongside(change, outcome.Id)], ct, outcome.Secrets is null ? null : outcome.Result);
    }

    /// <summary>Saves a change and gives the answer that is ready, or the refusal.</summary>
    /// <param name="change">The change.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="touched">What changes for those who hold grants.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="withoutSecrets">The result to keep where the answer shows a secret.</param>
    public async Task<IResult> SaveAsync(
        ConfigurationChange change, EnvelopeResult answer, IReadOnlyList<ConfigurationChanged> touched, CancellationToken ct, JsonNode? withoutSecrets = null)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (Refusal(change) is { } refused)
        {
            return refused;
        }

        try
        {
            IdempotencyScope.Of(http.HttpContext)?.Save(change.Session, answer, withoutSecrets);
            await writer.AnnounceAsync(touched);
            await writer.SaveAsync(change, ct);
            return answer;
        }
        catch (EventStreamUnexpectedMaxEventIdException)
        {
            return Conflict("somebody else changed this object at the same moment; read it again and repeat your change");
        }
        catch (ExistingStreamIdCollisionException)
        {
            return Conflict("it exists already; change it with PUT");
        }
        catch (DocumentAlreadyExistsException)
        {
            return Conflict("application_already_exists: another application has one of these addresses");
        }
    }

    // The permission of a route is for its kind of object; what decides about the dashboard takes more.
    private IResult? Refusal(ConfigurationChange change)
    {
        if (ApiCaller.Of(http.HttpContext) is not { } caller || caller.Permissions.Hold(ApiPermission.Write))
        {
            return null;
        }

        var missing = DashboardPowers.NeededFor(change.Snapshot, change.Draft.Snapshot, http.HttpContext!.GetEdgeRequest().PublicOrigin).Where(needed => !caller.Permissions.Hold(needed)).ToList();
        return missing.Count == 0 ? null : ApiEnvelope.Error(StatusCodes.Status403Forbidden, ApiErrors.DecidesAboutTheDashboard(missing));
    }

    // The applications that change with an object, because it has or had them: their grants are touched as by any change of theirs.
    private static IEnumerable<ConfigurationChanged> Alongside(ConfigurationChange change, Guid id)
        => change.Draft.Streams.Where(stream => stream != id)
            .Select(stream => change.Draft.State.Entries.GetValueOrDefault(stream))
            .OfType<FeedEntry>()
            .Where(entry => entry.Kind == "application")
            .Select(entry => new ConfigurationChanged(entry.Kind, entry.Id, entry.Version));

    private static JsonNode WithSecrets(ChangeOutcome outcome)
    {
        if (outcome is { Secrets: null, Answer: null })
        {
            return outcome.Result;
        }

        var shown = outcome.Result.DeepClone().AsObject();
        outcome.Secrets?.Invoke(shown);
        return outcome.Answer is null ? shown : outcome.Answer(shown);
    }

    private static IResult Conflict(string reason) => ApiEnvelope.Error(StatusCodes.Status409Conflict, ApiErrors.InUse(reason));
}
