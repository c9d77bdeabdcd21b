using System.Text.Json.Nodes;

namespace ManagedOAuth.Config.Objects;

/// <summary>A change that is ready to be saved, and what is answered for it.</summary>
/// <param name="Kind">Kind of the object, as in the feed.</param>
/// <param name="Id">The object.</param>
/// <param name="Version">Its version after the change.</param>
/// <param name="Status">HTTP status of the answer.</param>
/// <param name="Result">The answer, without what is shown once.</param>
/// <param name="Before">The object as it is shown before the change; null when it is new.</param>
/// <param name="After">The object as it is shown after the change; null when it is removed.</param>
public sealed record ChangeOutcome(string Kind, Guid Id, long Version, int Status, JsonNode Result, JsonNode? Before, JsonNode? After)
{
    /// <summary>Adds to the answer what is shown once and kept nowhere.</summary>
    public Action<JsonObject>? Secrets { get; init; }

    /// <summary>Picks the answer out of the shown object, where it is not the whole.</summary>
    public Func<JsonObject, JsonNode>? Answer { get; init; }

    /// <summary>Entity tag of the object after the change.</summary>
    public string? EntityTag { get; init; }
}
