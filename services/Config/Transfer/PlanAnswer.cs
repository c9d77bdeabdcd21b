using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;

namespace ManagedOAuth.Config.Transfer;

/// <summary>How a plan is shown: how many objects, which, and for the first of them what changes.</summary>
public static class PlanAnswer
{
    /// <summary>Objects that are named; the numbers count all.</summary>
    public const int MostSteps = 1000;

    public static EnvelopeResult Of(TransferPlan plan, bool dryRun)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var result = new JsonObject
        {
            ["counts"] = plan.Counts.ToJson(),
            ["changes"] = new JsonArray([.. plan.Steps.Take(MostSteps).Select(Show)]),
            ["truncated"] = plan.Steps.Count > MostSteps,
        };
        var answer = new EnvelopeResult(StatusCodes.Status200OK, [], result);
        if (dryRun)
        {
            result["position"] = plan.Position;
            answer.Info = new JsonObject { ["dry_run"] = true };
        }

        return answer;
    }

    private static JsonObject Show(TransferStep step)
    {
        var shown = new JsonObject
        {
            ["action"] = NameOf(step.Action),
            ["kind"] = step.Kind.Name,
            ["id"] = step.Id,
            ["name"] = step.Name,
        };
        if (step.Object is not null)
        {
            shown["pointer"] = step.Object.Pointer;
        }

        // A change without a difference that may be shown is one of a secret.
        if (step.Action == TransferAction.Change && step.Changes is not null)
        {
            shown["changes"] = step.Changes.DeepClone();
            shown["secret_changed"] = step.Changes.Count == 0;
        }

        if (step.LeftToDo is { } left)
        {
            shown["left_to_do"] = left;
        }

        return shown;
    }

    private static string NameOf(TransferAction action) => action switch
    {
        TransferAction.Create => "create",
        TransferAction.Change => "change",
        _ => "remove",
    };
}
