namespace ManagedOAuth.Edge.Routing;

/// <summary>The cookies of the edge. Everything that starts with <see cref="ReservedPrefix"/> is ours and never reaches an origin.</summary>
internal static class CookieNames
{
    public const string Session = "CF_Authorization";

    /// <summary>Ties a login to the browser that began it, as in the original.</summary>
    public const string Login = "CF_AppSession";

    public const string ReservedPrefix = "CF_";

    /// <summary>
    /// Whether a cookie name is reserved, also in the spellings that some servers turn into it: PHP takes <c>.</c>, space and <c>[</c>
    /// for <c>_</c>, and names are compared without case by others.
    /// </summary>
    /// <remarks>On https the cookies of the team domain have the prefix <c>__Host-</c>; they reach every port of that host.</remarks>
    public static bool IsReserved(ReadOnlySpan<char> name)
    {
        if (name.StartsWith("__Host-", StringComparison.OrdinalIgnoreCase))
        {
            name = name["__Host-".Length..];
        }

        return name.Length >= 3 && (name[0] | 0x20) == 'c' && (name[1] | 0x20) == 'f' && name[2] is '_' or '.' or '-' or ' ' or '[' or '%';
    }
}
