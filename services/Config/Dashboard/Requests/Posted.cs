using Microsoft.Extensions.Primitives;

namespace ManagedOAuth.Config.Dashboard.Requests;

/// <summary>Reads what was sent under one name.</summary>
public static class Posted
{
    /// <summary>The text; of several of one name the last that says something: an id that was typed counts before the list that stands above it.</summary>
    public static string Text(StringValues values) => values.LastOrDefault(value => !string.IsNullOrWhiteSpace(value))?.Trim() ?? "";
}
