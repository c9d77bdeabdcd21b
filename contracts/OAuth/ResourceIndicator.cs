namespace ManagedOAuth.Contracts.OAuth;

/// <summary>
/// Comparison of resource indicators (RFC 8707 §2): a request may name any URL equal to or below the application's resource and gets a
/// token for the application. Scheme and host ignore case, a default port and a final slash do not count, path segments are compared whole.
/// </summary>
public static class ResourceIndicator
{
    /// <summary>Whether <paramref name="requested"/> is the application's resource or lies below it.</summary>
    /// <param name="applicationResource">An application's own resource, such as <c>https://app.example.com</c> or <c>https://p.example.com/mcp</c>.</param>
    /// <param name="requested">What a client sent. Not absolute, with a fragment, with user information or with dot segments: false.</param>
    public static bool Covers(string applicationResource, string requested)
    {
        if (!TryRead(applicationResource, out var own) || !TryRead(requested, out var asked))
        {
            return false;
        }

        if (own.Scheme != asked.Scheme || own.Host != asked.Host || own.Port != asked.Port)
        {
            return false;
        }

        var above = own.Path.TrimEnd('/');
        return asked.Path.StartsWith(above, StringComparison.Ordinal) && (asked.Path.Length == above.Length || asked.Path[above.Length] == '/');
    }

    /// <summary>Whether any of the application's resources covers <paramref name="requested"/>.</summary>
    public static bool CoveredBy(IEnumerable<string> applicationResources, string requested)
    {
        ArgumentNullException.ThrowIfNull(applicationResources);
        return applicationResources.Any(resource => Covers(resource, requested));
    }

    /// <summary>Whether the text is an absolute http or https URL without fragment, user information or ambiguous path (RFC 8707 §2).</summary>
    public static bool IsWellFormed(string? requested) => TryRead(requested, out _);

    private static bool TryRead(string? text, out UriText uri)
        => UriText.TryParse(text, out uri) && uri is { Scheme: "https" or "http", Host.Length: > 0 } && !uri.HasAmbiguousPath;
}
