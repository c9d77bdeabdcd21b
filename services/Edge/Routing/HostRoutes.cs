using System.Text;
using ManagedOAuth.Edge.RequestChecks;

namespace ManagedOAuth.Edge.Routing;

/// <summary>Everything behind one public authority.</summary>
internal sealed class HostRoutes
{
    public required HostKind Kind { get; init; }

    /// <summary>Scheme and authority, from the configuration; never from a request.</summary>
    public required string PublicOrigin { get; init; }

    /// <summary>Most specific path first. At the dashboard the application that protects it, if there is one; none at the team domain.</summary>
    public IReadOnlyList<Door> Doors { get; init; } = [];

    /// <summary>More than one decision hangs on the path here, so no path may be ambiguous.</summary>
    public required bool IsStrict { get; init; }

    /// <summary>The door of the host's root; null when only paths below it belong to applications.</summary>
    public Door? Root => Doors.Count > 0 && Doors[^1].Scope.Length == 0 ? Doors[^1] : null;

    /// <summary>
    /// Finds the application of a path. False when two readers could disagree about it: the path as it stands leads to one
    /// application, and to another when letters' case, escapes, doubled slashes or parameters do not count.
    /// </summary>
    public bool TryFindDoor(ReadOnlySpan<char> path, out Door? door)
    {
        door = Find(path, StringComparison.Ordinal);
        return Doors.Count <= 1 && door == Root
            || ReferenceEquals(door, Find(Simplify(path), StringComparison.OrdinalIgnoreCase));
    }

    private Door? Find(ReadOnlySpan<char> path, StringComparison comparison)
    {
        foreach (var door in Doors)
        {
            if (door.Covers(path, comparison))
            {
                return door;
            }
        }

        return null;
    }

    // The path as a lenient server could read it. Dot segments and escaped separators have been refused before (IsStrict).
    private static string Simplify(ReadOnlySpan<char> path)
    {
        _ = DecodedPath.TryDecode(path, Encoding.UTF8, out var decoded);
        var simple = new StringBuilder(decoded.Length);
        foreach (var segment in decoded.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var end = segment.IndexOf(';', StringComparison.Ordinal);
            simple.Append('/').Append(end < 0 ? segment : segment[..end]);
        }

        return simple.ToString();
    }
}
