using System.Globalization;
using System.Text.Json;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.History;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Objects;

/// <summary>Brings a version of an object back as a new version, also of one that was removed; checked as a write is.</summary>
public sealed class ObjectRestore<TState, TObject>(ObjectKind<TState, TObject> kind, ConfigurationWriter writer, ChangeAnswers answers, TimeProvider clock, IHttpContextAccessor http)
    where TState : ConfigurationRecord
    where TObject : ConfigurationObject<TState>, new()
{
    public async Task<IResult> RunAsync(Guid id, long version, CancellationToken ct)
    {
        await using var change = await writer.BeginAsync(ct);
        if (await change.Session.LoadAsync<TObject>(id, ct) is not { State: { } last, Version: var known, Removed: var removed })
        {
            return ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound(kind.Name));
        }

        // What was removed has no more to it than its version.
        if (!EntityTag.Matches(http.HttpContext!.Request, removed ? known.ToString(CultureInfo.InvariantCulture) : kind.Revision(last, known, change.Snapshot)))
        {
            return new EnvelopeResult(StatusCodes.Status412PreconditionFailed, [ApiErrors.ChangedMeanwhile(known)], null);
        }

        var events = await change.Session.Events.FetchStreamAsync(id, version, fromVersion: version, ct: ct);
        if (version < 1 || events.Count == 0)
        {
            return ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound("version"));
        }

        if (ConfigurationFact.Of(events[0])?.State is not TState old)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest($"version {version} is the removal; restore the one before"));
        }

        var shown = kind.Show(old, change.Snapshot).AsObject();
        var body = new BodyReader(JsonSerializer.SerializeToElement(shown, ConfigJson.Default.JsonObject), []);
        var state = await kind.RestoreAsync(body, old, last, removed, events[0], change, ct);
        if (body.Errors.Count > 0)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, body.Errors);
        }

        state = kind.Stamp(state, known + 1, last.CreatedAt, clock.GetUtcNow());
        change.Draft.Append<TObject>(id, known + 1, kind.Changed(state));
        kind.Accompany(removed ? null : last, state, change.Draft);
        change.Session.SetHeader(ConfigurationFact.RestoredFrom, version);
        var snapshot = change.Draft.Snapshot;
        var after = kind.Show(state, snapshot);
        var outcome = new ChangeOutcome(kind.Name, id, known + 1, StatusCodes.Status200OK, after, removed ? null : kind.Show(last, change.Snapshot), after)
        {
            EntityTag = EntityTag.Of(kind.Revision(state, known + 1, snapshot), after),
        };
        return await answers.CompleteAsync(change, outcome, ct);
    }
}
