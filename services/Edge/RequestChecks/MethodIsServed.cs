using System.Buffers;

namespace ManagedOAuth.Edge.RequestChecks;

/// <summary>TRACE would echo credentials and CONNECT would make a tunnel of us; a method in other letters is another method to some servers.</summary>
internal sealed class MethodIsServed : IRequestRule
{
    private const int MaximumLength = 32;
    private static readonly SearchValues<char> s_characters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    public string Id => "method";

    public string Spec => "RFC 9110 §9.1, §9.3.6, §9.3.8";

    public RequestRefusal? Check(in RequestHead head) => IsRefused(head.Method);

    public static RequestRefusal? IsRefused(string method) => method switch
    {
        "GET" or "POST" or "HEAD" or "PUT" or "DELETE" or "PATCH" or "OPTIONS" => null,
        "TRACE" or "CONNECT" => new(StatusCodes.Status405MethodNotAllowed, "method", "This method is not served here."),
        _ when method.Length is 0 or > MaximumLength || method.AsSpan().ContainsAnyExcept(s_characters)
            => new(StatusCodes.Status400BadRequest, "method", "The method is not written in capital letters."),
        _ => null,
    };
}
