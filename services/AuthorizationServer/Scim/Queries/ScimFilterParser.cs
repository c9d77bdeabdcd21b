using System.Globalization;
using System.Text.Json;

namespace ManagedOAuth.AuthorizationServer.Scim.Queries;

/// <summary>
/// Reads filters: <c>eq ne co sw ew pr</c>, <c>and or not</c>, parentheses; operators and attribute names in any case. <c>and</c> binds closer than
/// <c>or</c>. Bounded in length, number of comparisons and depth.
/// </summary>
public sealed class ScimFilterParser
{
    private const int MaximumLength = 1024;
    private const int MaximumComparisons = 20;
    private const int MaximumDepth = 8;

    private static readonly string[] s_operators = ["eq", "ne", "co", "sw", "ew", "pr"];

    private readonly string _text;
    private int _at;
    private int _comparisons;

    private ScimFilterParser(string text) => _text = text;

    /// <summary>Reads a whole filter.</summary>
    /// <exception cref="ScimException"><c>invalidFilter</c>, with the place.</exception>
    public static ScimFilter Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaximumLength)
        {
            throw ScimException.Invalid("invalidFilter", $"A filter has at most {MaximumLength} characters.");
        }

        var parser = new ScimFilterParser(text);
        var filter = parser.Or(0);
        parser.SkipSpaces();
        return parser._at == text.Length ? filter : throw parser.Wrong("and, or, or the end");
    }

    private ScimFilter Or(int depth)
    {
        var left = And(depth);
        while (Keyword("or"))
        {
            left = new ScimFilter.Or(left, And(depth));
        }

        return left;
    }

    private ScimFilter And(int depth)
    {
        var left = Term(depth);
        while (Keyword("and"))
        {
            left = new ScimFilter.And(left, Term(depth));
        }

        return left;
    }

    private ScimFilter Term(int depth)
    {
        if (depth > MaximumDepth)
        {
            throw ScimException.Invalid("invalidFilter", "The filter is nested too deeply.");
        }

        var negated = Keyword("not");
        SkipSpaces();
        if (_at < _text.Length && _text[_at] == '(')
        {
            _at++;
            var inner = Or(depth + 1);
            SkipSpaces();
            if (_at >= _text.Length || _text[_at] != ')')
            {
                throw Wrong("a closing parenthesis");
            }

            _at++;
            return negated ? new ScimFilter.Not(inner) : inner;
        }

        return negated ? throw Wrong("a parenthesis after not") : Comparison();
    }

    private ScimFilter.Comparison Comparison()
    {
        if (++_comparisons > MaximumComparisons)
        {
            throw ScimException.Invalid("invalidFilter", $"A filter has at most {MaximumComparisons} comparisons.");
        }

        var attribute = AttributeName(Word());
        var operation = Word().ToLowerInvariant();
        if (attribute.Length == 0 || !s_operators.Contains(operation, StringComparer.Ordinal))
        {
            throw Wrong($"an attribute and one of {string.Join(", ", s_operators)}");
        }

        return new ScimFilter.Comparison(attribute, operation, operation == "pr" ? null : Value());
    }

    private object? Value()
    {
        SkipSpaces();
        if (_at < _text.Length && _text[_at] == '"')
        {
            var begin = _at++;
            while (_at < _text.Length && _text[_at] != '"')
            {
                _at += _text[_at] == '\\' ? 2 : 1;
            }

            if (_at >= _text.Length)
            {
                throw Wrong("a closing quote");
            }

            _at++;
            try
            {
                // PostgreSQL takes no U+0000.
                return JsonSerializer.Deserialize(_text.AsSpan(begin, _at - begin), ScimTextJson.Default.String) is { } text && !text.Contains('\0', StringComparison.Ordinal)
                    ? text
                    : throw Wrong("a text without U+0000");
            }
            catch (JsonException)
            {
                throw Wrong("a JSON text");
            }
        }

        return Word() switch
        {
            "true" or "True" => true,
            "false" or "False" => false,
            "null" => null,
            _ => throw Wrong("a text in quotes, true, false or null"),
        };
    }

    private string Word()
    {
        SkipSpaces();
        var begin = _at;
        while (_at < _text.Length && !char.IsWhiteSpace(_text[_at]) && _text[_at] is not ('(' or ')' or '"'))
        {
            _at++;
        }

        return _text[begin.._at];
    }

    private bool Keyword(string word)
    {
        var before = _at;
        if (string.Equals(Word(), word, StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        _at = before;
        return false;
    }

    private void SkipSpaces()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }
    }

    private static string AttributeName(string word)
        => (word.StartsWith("urn:", StringComparison.OrdinalIgnoreCase) ? word[(word.LastIndexOf(':') + 1)..] : word).ToLowerInvariant();

    private ScimException Wrong(string expected)
        => ScimException.Invalid("invalidFilter", string.Create(CultureInfo.InvariantCulture, $"The filter cannot be read at character {Math.Min(_at, _text.Length) + 1}: expected {expected}."));
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class ScimTextJson : System.Text.Json.Serialization.JsonSerializerContext;
