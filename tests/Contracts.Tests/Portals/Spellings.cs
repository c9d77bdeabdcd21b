using System.Text;

namespace ManagedOAuth.Contracts.Tests.Portals;

/// <summary>Other ways to write a name, of which none may be taken for it.</summary>
internal static class Spellings
{
    /// <summary>Spellings of the name of something of a server.</summary>
    /// <param name="serverId">The server's id.</param>
    /// <param name="name">The name that the server gives, or an alias.</param>
    public static IEnumerable<string> Of(string serverId, string name)
    {
        var whole = $"{serverId}_{name}";
        return
        [
            name, $"_{name}", $"{serverId}-{name}", $"{serverId}__{name}", $"{serverId}/{name}", $"{serverId}.{name}", $"{serverId}:{name}", $"{serverId}{name}",
            $"{serverId.ToUpperInvariant()}_{name}", $"{serverId}_{name.ToUpperInvariant()}", $"{serverId}_{name.ToLowerInvariant()}", $"{serverId}_{serverId}_{name}", $"portal_{whole}",
            $" {whole}", $"{whole} ", $"\t{whole}", $"{whole}\n", $"{whole}\u00a0", $"{whole}\u0000", $"{whole}\u200b", $"\ufeff{whole}", $"{whole}\u0301",
            $"%{(int)whole[0]:x2}{whole[1..]}", $"{serverId}%5f{name}", Uri.EscapeDataString(whole).Replace("_", "%5F", StringComparison.Ordinal), $"{whole}%00", $"{whole}?x", $"{whole}#x", $"./{whole}",
            Wide(whole), $"{serverId}\uff3f{name}", whole.Replace('a', '\u0430'), whole.Replace('x', '\u0445'), whole.Replace("r", "\u200dr", StringComparison.Ordinal), whole.Normalize(NormalizationForm.FormD) + "\u0308",
        ];
    }

    // The same letters as East Asian full width forms, which a compatibility normalisation takes for the plain ones.
    private static string Wide(string text) => string.Concat(text.Select(letter => (char)(letter - ' ' + '\uff00')));
}
