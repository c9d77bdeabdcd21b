using System.Text.RegularExpressions;

namespace Wolverine.Postgresql;

/// <summary>The names that become part of SQL text or of a notification: checked once, where they enter.</summary>
internal static partial class Identifiers
{
    public static string CheckSchema(string name) => SchemaPattern().IsMatch(name) ? name : throw new ArgumentException(
        $"'{name}' cannot be the schema of the messages: use 1 to 63 of a-z, 0-9 and _, beginning with a letter.", nameof(name));

    public static string CheckQueue(string name) => QueuePattern().IsMatch(name) ? name : throw new ArgumentException(
        $"'{name}' cannot be the name of a queue: use 1 to 63 of a-z, 0-9, _ and -, beginning with a letter.", nameof(name));

    [GeneratedRegex(@"\A[a-z][a-z0-9_]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex SchemaPattern();

    [GeneratedRegex(@"\A[a-z][a-z0-9_-]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex QueuePattern();
}
