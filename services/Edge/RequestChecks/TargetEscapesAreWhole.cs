namespace ManagedOAuth.Edge.RequestChecks;

/// <summary>A percent sign is followed by two hexadecimal digits, and never hides a NUL.</summary>
internal sealed class TargetEscapesAreWhole : IRequestRule
{
    public string Id => "target-escapes";

    public string Spec => "RFC 3986 §2.1";

    public RequestRefusal? Check(in RequestHead head)
    {
        var target = head.Target.PathAndQuery.AsSpan();
        for (var at = target.IndexOf('%'); at >= 0; at = NextEscape(target, at))
        {
            if (at + 2 >= target.Length || !char.IsAsciiHexDigit(target[at + 1]) || !char.IsAsciiHexDigit(target[at + 2]))
            {
                return this.BadRequest("A percent sign is not followed by two hexadecimal digits.");
            }

            if (target[at + 1] == '0' && target[at + 2] == '0')
            {
                return this.BadRequest("The request target holds an escaped NUL.");
            }
        }

        return null;
    }

    internal static int NextEscape(ReadOnlySpan<char> text, int at)
    {
        var next = text[(at + 1)..].IndexOf('%');
        return next < 0 ? -1 : at + 1 + next;
    }
}
