using System.Buffers;

namespace ManagedOAuth.Contracts.Portals;

/// <summary>
/// How tools and prompts are called at a portal: <c>{server_id}_{name}</c>, split at the first underscore. Server ids hold none, so every name
/// leads to at most one server, whatever underscores a tool's own name has.
/// </summary>
public static class PortalNames
{
    /// <summary>The id that no server may have: names that begin with it are the portal's own tools.</summary>
    public const string Reserved = "portal";

    /// <summary>Longest id of a server.</summary>
    public const int MaximumServerId = 32;

    /// <summary>Longest alias.</summary>
    public const int MaximumAlias = 40;

    /// <summary>Longest name of a tool or prompt at its own server.</summary>
    public const int MaximumName = 128;

    private static readonly SearchValues<char> s_idLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    /// <summary>1 to 32 lower-case letters, digits and inner hyphens; not <see cref="Reserved"/>.</summary>
    public static bool IsServerId(string? text)
        => text is { Length: > 0 and <= MaximumServerId }
            && text != Reserved
            && !text.AsSpan().ContainsAnyExcept(s_idLetters)
            && text[0] != '-' && text[^1] != '-';

    /// <summary>1 to 40 letters and digits, with single hyphens or underscores between them.</summary>
    public static bool IsAlias(string? text)
    {
        if (text is not { Length: > 0 and <= MaximumAlias })
        {
            return false;
        }

        var inner = false;
        foreach (var letter in text)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && (!inner || letter is not ('-' or '_')))
            {
                return false;
            }

            inner = char.IsAsciiLetterOrDigit(letter);
        }

        return inner;
    }

    /// <summary>A name that a server may give a tool or prompt: 1 to 128 visible ASCII characters with inner spaces. Others are left out.</summary>
    public static bool IsCapabilityName(string? text)
        => text is { Length: > 0 and <= MaximumName }
            && !text.AsSpan().ContainsAnyExceptInRange(' ', '~')
            && text[0] != ' ' && text[^1] != ' ';

    /// <summary>The name at the portal.</summary>
    /// <param name="serverId">The server's id.</param>
    /// <param name="name">The alias, or the name that the server gives.</param>
    public static string Join(string serverId, string name) => $"{serverId}_{name}";

    /// <summary>Takes a name at the portal apart; false when it has no server.</summary>
    public static bool TrySplit(string visibleName, out string serverId, out string name)
    {
        ArgumentNullException.ThrowIfNull(visibleName);
        var underscore = visibleName.IndexOf('_', StringComparison.Ordinal);
        (serverId, name) = underscore > 0 && underscore < visibleName.Length - 1
            ? (visibleName[..underscore], visibleName[(underscore + 1)..])
            : ("", "");
        return serverId.Length > 0;
    }
}
