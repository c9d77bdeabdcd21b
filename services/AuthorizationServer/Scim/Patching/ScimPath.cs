using ManagedOAuth.AuthorizationServer.Scim.Queries;

namespace ManagedOAuth.AuthorizationServer.Scim.Patching;

/// <summary>The target of one operation (RFC 7644 §3.5.2, figure 7): <c>[urn:]attribute[filter].sub</c>.</summary>
/// <param name="Extension">URN of an extension whose attribute it is; null = the core schema.</param>
/// <param name="Attribute">The attribute; empty = the whole extension.</param>
/// <param name="Filter">Which values of a multi-valued attribute; null = all.</param>
/// <param name="Sub">The sub-attribute; null = the value itself.</param>
public sealed record ScimPath(string? Extension, string Attribute, ScimFilter? Filter, string? Sub)
{
    private const int MaximumLength = 1024;

    /// <summary>Reads a path; also one that stands in the place of a member's name in an operation without a path, as some providers write it.</summary>
    /// <exception cref="ScimException"><c>invalidPath</c> or <c>invalidFilter</c>.</exception>
    public static ScimPath Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length is 0 or > MaximumLength)
        {
            throw Wrong(text);
        }

        var (name, filter, rest) = Split(text);
        string? extension = null;
        if (name.StartsWith("urn:", StringComparison.OrdinalIgnoreCase))
        {
            if (string.Equals(name, ScimSchemas.EnterpriseUser, StringComparison.OrdinalIgnoreCase))
            {
                return new ScimPath(ScimSchemas.EnterpriseUser, "", null, null);
            }

            var colon = name.LastIndexOf(':');
            extension = IsCore(name[..colon]) ? null : name[..colon];
            name = name[(colon + 1)..];
        }

        var dot = filter is null ? name.IndexOf('.', StringComparison.Ordinal) : -1;
        var (attribute, sub) = dot < 0 ? (name, rest.Length > 0 ? rest : null) : (name[..dot], name[(dot + 1)..]);
        return IsName(attribute) && (sub is null || IsName(sub)) ? new ScimPath(extension, attribute, filter, sub) : throw Wrong(text);
    }

    // Dots and colons inside of the filter's quotes are none of the path's.
    private static (string Name, ScimFilter? Filter, string Sub) Split(string text)
    {
        var open = text.IndexOf('[', StringComparison.Ordinal);
        if (open < 0)
        {
            return (text, null, "");
        }

        var close = text.LastIndexOf(']');
        var rest = close > open ? text[(close + 1)..] : throw Wrong(text);
        return rest.Length > 0 && rest[0] != '.'
            ? throw Wrong(text)
            : (text[..open], ScimFilterParser.Parse(text[(open + 1)..close]), rest.TrimStart('.'));
    }

    private static bool IsCore(string urn)
        => string.Equals(urn, ScimSchemas.User, StringComparison.OrdinalIgnoreCase) || string.Equals(urn, ScimSchemas.Group, StringComparison.OrdinalIgnoreCase);

    private static bool IsName(string text) => text.Length is > 0 and <= 128 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '$' or '-' or '_');

    private static ScimException Wrong(string text) => ScimException.Invalid("invalidPath", $"The path cannot be read: {(text.Length > 100 ? text[..100] : text)}");
}
