using System.Text.Json.Nodes;

namespace ManagedOAuth.Config.Dashboard.Requests;

/// <summary>What a change would do, by a dry run of the admin API.</summary>
/// <param name="Call">The request that makes the change.</param>
/// <param name="Changes">The differences: <c>op</c>, <c>path</c>, <c>old</c>, <c>new</c>.</param>
/// <param name="Applications">The applications that it touches.</param>
/// <param name="LiveGrants">How many grants those have; null when that is not known.</param>
public sealed record Preview(ApiCall Call, IReadOnlyList<JsonObject> Changes, IReadOnlyList<string> Applications, long? LiveGrants)
{
    public static Preview Of(ApiCall call, ApiAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        var info = answer.Envelope["result_info"] as JsonObject;
        var touches = info?["touches"] as JsonObject;
        return new Preview(
            call,
            info?["changes"] is JsonArray changes ? [.. changes.OfType<JsonObject>()] : [],
            touches?["applications"] is JsonArray applications ? [.. applications.OfType<JsonObject>().Select(application => (string?)application["name"] ?? "")] : [],
            (touches?["live_grants"] as JsonValue)?.TryGetValue<long>(out var grants) == true ? grants : null);
    }
}
