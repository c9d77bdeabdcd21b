using System.Buffers;

namespace ManagedOAuth.Edge.RequestChecks;

/// <summary>Exactly one Host, also with HTTP/1.0: without it there would have to be a default application.</summary>
internal sealed class HostIsSingle : IRequestRule
{
    private const int MaximumLength = 261; // a name of 253 characters, a colon, five digits, and two brackets
    private static readonly SearchValues<char> s_characters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:[]");

    public string Id => "host";

    public string Spec => "RFC 9112 §3.2";

    public RequestRefusal? Check(in RequestHead head)
    {
        var values = head.Headers.Host;
        if (values.Count != 1 || values[0] is not { Length: > 0 and <= MaximumLength } host)
        {
            return this.BadRequest("A request needs exactly one Host.");
        }

        return host.AsSpan().ContainsAnyExcept(s_characters) ? this.BadRequest("Host is no host name or address with an optional port.") : null;
    }
}
