namespace ManagedOAuth.Edge.RequestChecks;

/// <summary>
/// No <c>.</c> or <c>..</c> segment, raw, escaped or with parameters (<c>..;x</c>): who resolves it gets another path than who does not.
/// </summary>
internal sealed class PathHasNoDotSegments : IRequestRule
{
    public string Id => "path-dots";

    public string Spec => "RFC 3986 §5.2.4, §6.2.2.3";

    public RequestRefusal? Check(in RequestHead head)
    {
        var rest = head.Target.Path;
        while (!rest.IsEmpty)
        {
            var slash = rest[1..].IndexOf('/') + 1;
            if (IsDots(slash == 0 ? rest[1..] : rest[1..slash]))
            {
                return this.BadRequest("The path holds a dot segment.");
            }

            rest = slash == 0 ? [] : rest[slash..];
        }

        return null;
    }

    private static bool IsDots(ReadOnlySpan<char> segment)
    {
        var dots = 0;
        while (!segment.IsEmpty)
        {
            if (segment[0] == '.')
            {
                segment = segment[1..];
            }
            else if (segment.StartsWith("%2e", StringComparison.OrdinalIgnoreCase))
            {
                segment = segment[3..];
            }
            else
            {
                // A semicolon starts parameters, which some servers cut off before they resolve dots.
                return dots is 1 or 2 && (segment[0] == ';' || segment.StartsWith("%3b", StringComparison.OrdinalIgnoreCase));
            }

            dots++;
        }

        return dots is 1 or 2;
    }
}
