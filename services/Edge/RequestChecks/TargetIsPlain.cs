using System.Buffers;

namespace ManagedOAuth.Edge.RequestChecks;

/// <summary>The target is visible ASCII without a fragment.</summary>
internal sealed class TargetIsPlain : IRequestRule
{
    private static readonly SearchValues<char> s_allowed =
        SearchValues.Create(string.Concat(Enumerable.Range(0x21, 0x5e).Select(c => (char)c).Where(c => c != '#')));

    public string Id => "target";

    public string Spec => "RFC 3986 §2, RFC 9112 §3.2";

    public RequestRefusal? Check(in RequestHead head)
        => head.Target.PathAndQuery.AsSpan().ContainsAnyExcept(s_allowed)
            ? this.BadRequest("The request target holds a control character, a fragment or something outside ASCII.")
            : null;
}
