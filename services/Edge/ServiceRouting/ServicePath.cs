namespace ManagedOAuth.Edge.ServiceRouting;

/// <summary>A public path that is not the origin's: who answers it.</summary>
/// <param name="Service">The service; null = the edge itself.</param>
/// <param name="Path">The path, exactly.</param>
/// <param name="WithBelow">Everything below it as well.</param>
/// <param name="OnlyManaged">Only while Managed OAuth is on; while it is off the path is treated as if it were not in the table.</param>
/// <param name="BodyLimit">Longest request body, in bytes.</param>
internal sealed record ServicePath(string? Service, string Path, bool WithBelow, bool OnlyManaged, long BodyLimit)
{
    public bool Covers(ReadOnlySpan<char> path)
        => path.StartsWith(Path, StringComparison.Ordinal)
            && (path.Length == Path.Length || (WithBelow && path[Path.Length] == '/'));
}
