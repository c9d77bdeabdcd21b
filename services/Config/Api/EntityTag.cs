using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace ManagedOAuth.Config.Api;

/// <summary>
/// Strong entity tags (RFC 9110, section 8.8.3): <c>"{revision}-{digest}"</c>. The revision changes with every change of the object itself and is
/// what <c>If-Match</c> compares; the digest is of the whole answer, so that <c>If-None-Match</c> notices also what is shown of other objects.
/// </summary>
public static class EntityTag
{
    private const int DigestBytes = 6;

    public static string Of(string revision, JsonNode shown)
    {
        ArgumentNullException.ThrowIfNull(shown);
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(shown.ToJsonString()));
        return $"\"{revision}-{Convert.ToHexStringLower(digest.AsSpan(0, DigestBytes))}\"";
    }

    /// <summary>Whether a change may go on: there is no <c>If-Match</c>, or it names this revision. Weak tags never do (section 13.1.1).</summary>
    public static bool Matches(HttpRequest request, string revision)
    {
        ArgumentNullException.ThrowIfNull(request);
        var given = Listed(request.Headers.IfMatch);
        return given.Count == 0 || given.Any(tag => tag == "*" || tag == $"\"{revision}\"" || tag.StartsWith($"\"{revision}-", StringComparison.Ordinal));
    }

    /// <summary>Whether the caller has this already (<c>If-None-Match</c>; weak comparison, section 13.1.2).</summary>
    public static bool IsKnown(HttpRequest request, string tag)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Listed(request.Headers.IfNoneMatch).Any(known => known == "*" || known == tag || known == $"W/{tag}");
    }

    private static List<string> Listed(Microsoft.Extensions.Primitives.StringValues header)
        => [.. header.SelectMany(line => (line ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
}
