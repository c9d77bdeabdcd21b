using System.Text;

namespace Marten.Sql;

/// <summary>SQL text with <c>?</c> placeholders, and names that go into SQL text.</summary>
internal static class SqlText
{
    /// <summary>Names come from configuration and are never quoted, so only the harmless ones are let in.</summary>
    public static string CheckName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var good = name.Length <= 50 && (char.IsAsciiLetterLower(name[0]) || name[0] == '_')
            && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');
        return good ? name : throw new ArgumentException($"'{name}' is not a plain name: lower-case letters, digits and underscores, at most 50.", nameof(name));
    }

    /// <summary>
    /// Turns each <c>?</c> outside quotes and comments into <c>$n</c>, counting from <paramref name="first"/>; <c>??</c> becomes <c>?</c>.
    /// </summary>
    /// <exception cref="ArgumentException">The number of placeholders is not the number of parameters.</exception>
    public static string Number(string sql, int parameters, int first = 1)
    {
        var text = new StringBuilder(sql.Length + 8);
        var next = first;
        for (var i = 0; i < sql.Length; i++)
        {
            var skipTo = EndOfOpaque(sql, i);
            if (skipTo > i)
            {
                text.Append(sql, i, skipTo - i);
                i = skipTo - 1;
            }
            else if (sql[i] != '?')
            {
                text.Append(sql[i]);
            }
            else if (i + 1 < sql.Length && sql[i + 1] == '?')
            {
                text.Append('?');
                i++;
            }
            else
            {
                text.Append('$').Append(next++);
            }
        }

        return next - first == parameters
            ? text.ToString()
            : throw new ArgumentException($"The SQL has {next - first} placeholders, but {parameters} parameters were given: {sql}", nameof(sql));
    }

    // End of the quoted text, quoted name or line comment that begins at i; i itself if none does. A doubled quote reads as two texts in a row.
    private static int EndOfOpaque(string sql, int i)
    {
        if (sql[i] is '\'' or '"')
        {
            var close = sql.IndexOf(sql[i], i + 1);
            return close < 0 ? sql.Length : close + 1;
        }

        if (sql[i] == '-' && i + 1 < sql.Length && sql[i + 1] == '-')
        {
            var close = sql.IndexOf('\n', i);
            return close < 0 ? sql.Length : close;
        }

        return i;
    }
}
