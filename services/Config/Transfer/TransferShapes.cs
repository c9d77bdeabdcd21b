using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.Transfer;

/// <summary>JSON Schemas of exported files, of plans and of jobs.</summary>
internal static class TransferShapes
{
    /// <summary>Objects by kind, each as its POST takes it and with its id; <c>references</c> names what the objects refer to and the file does not have.</summary>
    public static readonly string File = Of(
        ("format", $$"""{"const":"{{TransferFormat.Name}}"}"""), ("format_version", Integer), ("objects", MapOf(ListOf(MapOf(Any)))), ("references?", MapOf(Of(("kind", Text), ("name", Text)))));

    private static readonly string s_counts = Of(("created", Integer), ("changed", Integer), ("removed", Integer), ("unchanged", Integer));

    public static readonly string Plan = Of(
        ("counts", s_counts),
        ("changes", ListOf(Of(
            ("action", OneOf("create", "change", "remove")), ("kind", Text), ("id", Uuid), ("name", Text), ("pointer?", Text), ("changes?", History.HistoryShapes.Changes), ("secret_changed?", Flag), ("left_to_do?", Text)))),
        ("truncated", Flag),
        ("position?", Integer));

    public static readonly string JobSummary = Of(
        ("id", Uuid), ("type", OneOf("apply")), ("state", Text), ("prune", Flag), ("file_bytes", Integer), ("progress", Of(("done", Integer), ("total", OrNull(Integer)))), ("counts", s_counts),
        ("error_count", Integer), ("created_at", Time), ("started_at", OrNull(Time)), ("ended_at", OrNull(Time)), ("actor", OrNull(Text)), ("actor_id?", Uuid), ("expected_position?", Integer));

    public static readonly string Job = With(JobSummary, ("errors", ListOf(Of(("pointer", OrNull(Text)), ("message", Text)))));
}
