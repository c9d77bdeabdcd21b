using System.Text;
using System.Text.RegularExpressions;

namespace ManagedOAuth.Testing;

/// <summary>One protocol rule as <c>docs/conformance.md</c> shows it.</summary>
/// <param name="List">The endpoint whose list it stands in.</param>
/// <param name="Id">Its stable name.</param>
/// <param name="Spec">The section that demands it.</param>
/// <param name="Type">Its class; the summary above it says what it demands.</param>
public sealed record ConformanceRow(string List, string Id, string Spec, Type Type);

/// <summary>
/// Keeps <c>docs/conformance.md</c> equal to the rules in the code. Each service's tests own one section of it, between two marks. With
/// <c>UPDATE_DOCS=1</c> in the environment the section is written instead of compared.
/// </summary>
public static partial class ConformanceTable
{
    private const string Document = "docs/conformance.md";

    /// <summary>Compares one section with the rules, in the order in which they run.</summary>
    /// <param name="section">Name of the section's marks.</param>
    /// <param name="folder">The service's folder, where the rules' sources are.</param>
    /// <exception cref="InvalidOperationException">The section is missing or says something else.</exception>
    public static void Verify(string section, string folder, IReadOnlyList<ConformanceRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var (begin, end) = ($"<!-- rules of {section} -->\n", $"<!-- end of {section} -->\n");
        var path = RepositoryRoot.Of(Document);
        var text = File.ReadAllText(path);
        var (from, to) = (text.IndexOf(begin, StringComparison.Ordinal), text.IndexOf(end, StringComparison.Ordinal));
        if (from < 0 || to < from)
        {
            throw new InvalidOperationException($"{Document} has no section '{begin.Trim()}' ... '{end.Trim()}'.");
        }

        var written = text[(from + begin.Length)..to];
        var actual = Render(folder, rows);
        if (written == actual)
        {
            return;
        }

        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") != "1")
        {
            throw new InvalidOperationException($"{Document} does not say what the code does. Run these tests once with UPDATE_DOCS=1.\n{actual}");
        }

        File.WriteAllText(path, text[..(from + begin.Length)] + actual + text[to..]);
    }

    private static string Render(string folder, IReadOnlyList<ConformanceRow> rows)
    {
        var sources = Directory.EnumerateFiles(RepositoryRoot.Of(folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .ToLookup(file => Path.GetFileNameWithoutExtension(file));
        var text = new StringBuilder();
        foreach (var list in rows.GroupBy(row => row.List))
        {
            text.Append('\n').Append("### ").Append(list.Key).Append("\n\n| rule | demanded by | what |\n|---|---|---|\n");
            foreach (var row in list)
            {
                var file = sources[row.Type.Name].Single();
                text.Append("| [`").Append(row.Id).Append("`](../").Append(Path.GetRelativePath(RepositoryRoot.Path, file)).Append(") | ")
                    .Append(row.Spec).Append(" | ").Append(Summary(File.ReadAllText(file), row.Type.Name)).Append(" |\n");
            }
        }

        return text.Append('\n').ToString();
    }

    // The documentation comment straight above the class, as plain text.
    private static string Summary(string source, string type)
    {
        var at = Regex.Match(source, $@"class {type}\b").Index;
        var start = source.LastIndexOf("<summary>", at, StringComparison.Ordinal) + "<summary>".Length;
        var summary = source[start..source.IndexOf("</summary>", start, StringComparison.Ordinal)];
        summary = Space().Replace(summary.Replace("///", "", StringComparison.Ordinal), " ").Trim();
        summary = Reference().Replace(summary, found => $"`{found.Groups["name"].Value.Split('.', ':')[^1]}`");
        return Code().Replace(summary, "`${text}`").Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal)
            .Replace("&amp;", "&", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();

    [GeneratedRegex(@"<(see cref|paramref name|typeparamref name)=""(?<name>[^""]+)"" ?/>")]
    private static partial Regex Reference();

    [GeneratedRegex("<c>(?<text>.*?)</c>")]
    private static partial Regex Code();
}
