using System.Globalization;
using System.Text;

namespace ManagedOAuth.AuthorizationServer.Http;

/// <summary>Text that strangers sent and that people read.</summary>
public static class DisplayText
{
    /// <summary>
    /// Without control, direction, invisible and unassigned characters, with single spaces, cut to <paramref name="maximum"/> characters on a
    /// whole character.
    /// </summary>
    public static string Clean(string text, int maximum)
    {
        ArgumentNullException.ThrowIfNull(text);
        var result = new StringBuilder(Math.Min(text.Length, maximum));
        foreach (var rune in text.EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(rune);
            var isSpace = category is UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator || rune.Value is '\t' or '\n' or '\r';
            if (!isSpace && !IsVisible(rune, category))
            {
                continue;
            }

            var length = isSpace ? 1 : rune.Utf16SequenceLength;
            if (result.Length + length > maximum)
            {
                break;
            }

            if (isSpace)
            {
                _ = result.Length > 0 && result[^1] != ' ' ? result.Append(' ') : result;
            }
            else
            {
                result.Append(rune.ToString());
            }
        }

        return result.ToString().TrimEnd();
    }

    private static bool IsVisible(Rune rune, UnicodeCategory category)
        => category is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned)
            && rune != Rune.ReplacementChar

            // Blank although they count as letters: Hangul fillers, and the Braille blank.
            && rune.Value is not (0x115f or 0x1160 or 0x3164 or 0xffa0 or 0x2800);
}
