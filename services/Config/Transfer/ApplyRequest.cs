using System.Globalization;
using ManagedOAuth.Config.Api;

namespace ManagedOAuth.Config.Transfer;

/// <summary>What a caller of <c>/access/apply</c> asks for besides the file.</summary>
/// <param name="DryRun">Only the plan.</param>
/// <param name="Prune">Also remove what the file does not have.</param>
/// <param name="Async">As a job, however small.</param>
/// <param name="ExpectedPosition">Refuse when the configuration is at another position.</param>
public sealed record ApplyRequest(bool DryRun, bool Prune, bool Async, long? ExpectedPosition)
{
    /// <summary>Reads the parameters; null and errors where one is wrong.</summary>
    public static ApplyRequest? From(HttpRequest request, List<ApiError> errors)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(errors);
        long? expected = null;
        if (request.Query["expected_position"].ToString() is { Length: > 0 } text)
        {
            if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var position))
            {
                expected = position;
            }
            else
            {
                errors.Add(ApiErrors.InvalidRequest("expected_position is the position that the plan or the export gave"));
            }
        }

        var asked = new ApplyRequest(DryRuns.DryRun.IsAsked(request), Flag(request, "prune", errors), Flag(request, "async", errors), expected);
        return errors.Count == 0 ? asked : null;
    }

    private static bool Flag(HttpRequest request, string name, List<ApiError> errors)
    {
        switch (request.Query[name].ToString())
        {
            case "true": return true;
            case "" or "false": return false;
            default:
                errors.Add(ApiErrors.InvalidRequest($"{name} is true or false"));
                return false;
        }
    }
}
