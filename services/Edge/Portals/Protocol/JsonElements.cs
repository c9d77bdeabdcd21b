using System.Text.Json;

namespace ManagedOAuth.Edge.Portals.Protocol;

/// <summary>Reading JSON that may be anything.</summary>
internal static class JsonElements
{
    public static string? GetStringOrNull(this JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
