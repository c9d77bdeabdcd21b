using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.DryRuns;
using ManagedOAuth.Config.Idempotency;
using Marten.Exceptions;

namespace ManagedOAuth.Config.Objects;

/// <summary>The last step of every change: save it and answer, or, for a dry run, answer what it would do.</summary>
public sealed class ChangeAnswers(ConfigurationWriter writer, DryRunAnswer dryRun, IHttpContextAccessor http)
{
    /// <summary>Saves the change and gives the answer.</summary>
    public async Task<IResult> CompleteAsync(ConfigurationChange change, ChangeOutcome outcome, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(change);
        ArgumentNullException.ThrowIfNull(outcome);
        if (DryRun.IsAsked(http.HttpContext!.Request))
        {
            return await dryRun.OfAsync(change, outcome, ct);
        }

        try
        {
            var answer = new EnvelopeResult(outcome.Status, [], WithSecrets(outcome)) { EntityTag = outcome.EntityTag };
            IdempotencyScope.Of(http.HttpContext)?.Save(change.Session, answer, outcome.Secrets is null ? null : outcome.Result);
            await writer.AnnounceAsync(outcome.Kind, outcome.Id, outcome.Version);
            foreach (var application in change.Alongside(outcome.Id))
            {
                await writer.AnnounceAsync(application.Kind, application.Id, application.Version);
            }

            await writer.SaveAsync(change, outcome.Id, ct);
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
