using System.Text;

namespace ManagedOAuth.Edge.RequestChecks;

/// <summary>Escaped bytes are well-formed UTF-8: an overlong <c>%c0%ae</c> is a dot to a careless decoder.</summary>
internal sealed class PathIsUtf8 : IRequestRule
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public string Id => "path-utf8";

    public string Spec => "RFC 3629 §3, RFC 3986 §2.5";

    public RequestRefusal? Check(in RequestHead head)
        => !head.Target.Path.Contains('%') || DecodedPath.TryDecode(head.Target.Path, s_strict, out _)
            ? null
            : this.BadRequest("The path is not UTF-8.");
}
