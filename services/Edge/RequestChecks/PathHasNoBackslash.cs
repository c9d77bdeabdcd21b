namespace ManagedOAuth.Edge.RequestChecks;

/// <summary>A backslash is no URI character, and half of the world's servers take it for a slash.</summary>
internal sealed class PathHasNoBackslash : IRequestRule
{
    public string Id => "path-backslash";

    public string Spec => "RFC 3986 §3.3";

    public RequestRefusal? Check(in RequestHead head)
        => head.Target.Path.Contains('\\') ? this.BadRequest("The path holds a backslash.") : null;
}
