using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.History;

/// <summary>JSON Schemas of changes and versions.</summary>
internal static class HistoryShapes
{
    /// <summary>The difference of two states; see <see cref="JsonDifference"/>.</summary>
    public static readonly string Changes = ListOf(Of(("op", OneOf("add", "remove", "replace", "move")), ("path", Text), ("from?", Text), ("item?", Text), ("old?", Any), ("new?", Any)));

    /// <summary>One change of one object.</summary>
    public static readonly string Change = Of(
        ("position", Integer), ("kind", Text), ("id", Uuid), ("name", OrNull(Text)), ("version", Integer), ("event", Text), ("at", Time), ("trace_id", OrNull(Text)), ("changes", Changes),
        ("actor", OrNull(Text)), ("actor_id?", Uuid), ("restored_from?", Integer));

    /// <summary>The change that made a version, with the object as it was then; null where the version is its removal.</summary>
    public static readonly string Version = With(Change, ("object", OrNull(MapOf(Any))));
}
