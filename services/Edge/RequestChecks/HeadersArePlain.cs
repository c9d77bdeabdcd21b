using System.Buffers;

namespace ManagedOAuth.Edge.RequestChecks;

/// <summary>Header names of letters, digits, <c>-</c>, <c>_</c>, <c>.</c>; values without control characters (tab excepted).</summary>
internal sealed class HeadersArePlain : IRequestRule
{
    private static readonly SearchValues<char> s_name =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    private static readonly SearchValues<char> s_control = SearchValues.Create(Controls());

    public string Id => "headers";

    public string Spec => "RFC 9110 §5.1, §5.5";

    public RequestRefusal? Check(in RequestHead head)
    {
        foreach (var (name, values) in head.Headers)
        {
            // HTTP/2 pseudo-headers are no fields; the server has checked them and lists them here.
            var plain = name.StartsWith(':') && !head.IsHttp1 ? name.AsSpan(1) : name;
            if (plain.IsEmpty || plain.ContainsAnyExcept(s_name))
            {
                return this.BadRequest("A header name has a character that header names do not have.");
            }

            foreach (var value in values)
            {
                if (value.AsSpan().ContainsAny(s_control))
                {
                    return this.BadRequest("A header value holds a control character.");
                }
            }
        }

        return null;
    }

    private static string Controls() => string.Concat(Enumerable.Range(0, 32).Where(c => c != '\t').Select(c => (char)c)) + '\x7f';
}
