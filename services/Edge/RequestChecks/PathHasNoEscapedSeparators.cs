namespace ManagedOAuth.Edge.RequestChecks;

/// <summary>No escaped slash or backslash: whether it separates segments is a matter of opinion.</summary>
internal sealed class PathHasNoEscapedSeparators : IRequestRule
{
    public string Id => "path-separators";

    public string Spec => "RFC 3986 §2.2";

    public RequestRefusal? Check(in RequestHead head)
    {
        var path = head.Target.Path;
        for (var at = path.IndexOf('%'); at >= 0; at = TargetEscapesAreWhole.NextEscape(path, at))
        {
            if ((path[at + 1] == '2' && path[at + 2] is 'f' or 'F') || (path[at + 1] == '5' && path[at + 2] is 'c' or 'C'))
            {
                return this.BadRequest("The path holds an escaped slash or backslash.");
            }
        }

        return null;
    }
}
