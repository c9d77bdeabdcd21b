using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;

namespace ManagedOAuth.Config.Dashboard.Requests;

/// <summary>What a change would do, by a dry run of the admin API.</summary>
/// <param name="Call">The request that makes the change.</param>
/// <param name="Changes">The differences: <c>op</c>, <c>path</c>, <c>old</c>, <c>new</c>.</param>
/// <param name="Applications">The applications that it touches: the first hundred.</param>
/// <param name="ApplicationCount">How many that are.</param>
/// <param name="LiveGrants">How many grants those have; null when that is not known.</param>
public sealed record Preview(ApiCall Call, IReadOnlyList<JsonObject> Changes, IReadOnlyList<string> Applications, long ApplicationCount, long? LiveGrants)
{
    /// <summary>How many grants it would end, of how many users; null when that is not known.</summary>
    public (long Grants, long Users)? Ending { get; init; }

    /// <summary>Whether it touches live grants and ends none of them.</summary>
    public bool EndsNothing => LiveGrants == 0 || Ending is { Grants: 0 };

    /// <summary>Whom it touches and what it ends, in sentences; empty when it touches no application.</summary>
    public string Consequence
    {
        get
        {
            if (ApplicationCount == 0)
            {
                return "";
            }

            var where = ApplicationCount == 1 && Applications.Count == 1 ? Applications[0] : Moments.Count(ApplicationCount, "application");
            return (LiveGrants, Ending) switch
            {
                (null, _) => $"It touches {where}. How many grants it ends is not known at the moment.",
                (0, _) => $"It touches {where}, where no grant is active.",
                ({ } live, null) => $"It touches {where} with {Moments.Count(live, "active grant")}, which are decided again at once.",
                ({ } live, { Grants: 0 }) => $"It touches {where} with {Moments.Count(live, "active grant")}, and ends none of them.",
                ({ } live, { } ending) => $"It touches {where} with {Moments.Count(live, "active grant")}. This ends {Moments.Count(ending.Grants, "grant")} of {Moments.Count(ending.Users, "user")} within a second.",
            };
        }
    }

    public static Preview Of(ApiCall call, ApiAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        var info = answer.Envelope["result_info"] as JsonObject;
        var touches = info?["touches"] as JsonObject;
        return new Preview(
            call,
            info?["changes"] is JsonArray changes ? [.. changes.OfType<JsonObject>()] : [],
            touches?["applications"] is JsonArray applications ? [.. applications.OfType<JsonObject>().Select(application => (string?)application["name"] ?? "")] : [],
            Number(touches, "application_count") ?? 0,
            Number(touches, "live_grants"))
        {
            Ending = Number(touches, "ending_grants") is { } grants ? (grants, Number(touches, "ending_users") ?? 0) : null,
        };
    }

    /// <summary>Tries a request without effect. Null beside the answer where it would be refused.</summary>
    public static async Task<(Preview? Preview, ApiAnswer Answer)> TryAsync(AdminApi api, ApiCall call, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(api);
        ArgumentNullException.ThrowIfNull(call);
        var answer = await api.SendAsync(call with { Path = call.Path + "?dry_run=true" }, ct);
        return (answer.Success ? Of(call, answer) : null, answer);
    }

    private static long? Number(JsonObject? touches, string member) => (touches?[member] as JsonValue)?.TryGetValue<long>(out var number) == true ? number : null;
}
