namespace ManagedOAuth.Contracts.Policies;

/// <summary>E-mail addresses that people log in with.</summary>
public static class EmailAddress
{
    /// <summary>RFC 5321 §4.5.3.1.3.</summary>
    public const int MaximumLength = 254;

    private const string LocalCharacters = "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+/=?^_`{|}~-.";
    private const string LabelCharacters = "abcdefghijklmnopqrstuvwxyz0123456789-";

    /// <summary>
    /// Trims and lower-cases an address. False for anything but a dot-atom, an at sign and host labels (RFC 5321 §4.1.2): quoted local parts
    /// and addresses outside ASCII could read as another address to a policy or a mail server.
    /// </summary>
    public static bool TryNormalize(string? text, out string email)
    {
        email = Lower((text ?? "").Trim(' '));
        var at = email.IndexOf('@', StringComparison.Ordinal);
        return email.Length <= MaximumLength && at is > 0 and <= 64 && IsLocalPart(email.AsSpan(0, at)) && IsDomain(email[(at + 1)..]);
    }

    /// <summary>Lower-cases the letters of ASCII alone: there are others whose lower case is one of them (the Kelvin sign), and they are another address.</summary>
    public static string Lower(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new string([.. text.Select(c => char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c)]);
    }

    /// <summary>Whether a lower-case text is what may stand behind the at sign: labels of ASCII letters, digits and hyphens (RFC 1123 §2.1).</summary>
    public static bool IsDomain(string domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return domain.Split('.').All(label => label.Length is > 0 and <= 63 && label.AsSpan().IndexOfAnyExcept(LabelCharacters) < 0 && label[0] != '-' && label[^1] != '-');
    }

    private static bool IsLocalPart(ReadOnlySpan<char> local)
        => local.IndexOfAnyExcept(LocalCharacters) < 0 && local[0] != '.' && local[^1] != '.' && !local.Contains("..", StringComparison.Ordinal);
}
