namespace ManagedOAuth.Edge.RequestChecks;

/// <summary>No honest path has an escaped line end or another escaped control character; a query may (text that somebody typed).</summary>
internal sealed class PathHasNoEscapedControls : IRequestRule
{
    public string Id => "path-controls";

    public string Spec => "RFC 3986 §7.3";

    public RequestRefusal? Check(in RequestHead head)
    {
        var path = head.Target.Path;
        for (var at = path.IndexOf('%'); at >= 0; at = TargetEscapesAreWhole.NextEscape(path, at))
        {
            if (path[at + 1] is '0' or '1' || (path[at + 1] == '7' && path[at + 2] is 'f' or 'F'))
            {
                return this.BadRequest("The path holds an escaped control character.");
            }
        }

        return null;
    }
}
