using System.Text.Json;

namespace ManagedOAuth.Edge.Portals.Protocol;

/// <summary>Reading JSON that may be anything.</summary>
internal static class JsonElements
{
    /// <summary>A text; null for anything else, and for half a surrogate pair.</summary>
    public static string? GetStringOrNull(this JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Servers may send what is no text: an answer, not a fault.
            return null;
        }
    }
}
