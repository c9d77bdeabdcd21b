using System.Net;
using System.Text.RegularExpressions;

namespace ManagedOAuth.EndToEnd.Tests.Clients;

/// <summary>A form of a page, as a script without JavaScript sees it.</summary>
public sealed partial class HtmlForm
{
    private HtmlForm(Uri action, bool post, Dictionary<string, string> fields)
    {
        Action = action;
        Post = post;
        Fields = fields;
    }

    public Uri Action { get; }

    public bool Post { get; }

    /// <summary>Names and preset values of the inputs; buttons with a name are in it without a value of their own.</summary>
    public Dictionary<string, string> Fields { get; }

    /// <summary>The form of the page that has this field.</summary>
    public static HtmlForm? WithField(Uri page, string html, string field)
        => Forms().Matches(html).Select(match => Parse(page, match)).FirstOrDefault(form => form.Fields.ContainsKey(field));

    private static HtmlForm Parse(Uri page, Match form)
    {
        var attributes = form.Groups["attributes"].Value;
        var action = Attribute(attributes, "action");
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Match input in Inputs().Matches(form.Groups["body"].Value))
        {
            if (Attribute(input.Value, "name") is { Length: > 0 } name)
            {
                fields.TryAdd(name, Attribute(input.Value, "value") ?? "");
            }
        }

        return new HtmlForm(
            string.IsNullOrEmpty(action) ? page : new Uri(page, action),
            string.Equals(Attribute(attributes, "method"), "post", StringComparison.OrdinalIgnoreCase),
            fields);
    }

    private static string? Attribute(string tag, string name)
    {
        var match = Regex.Match(tag, $"""\b{name}\s*=\s*(?:"(?<v>[^"]*)"|'(?<v>[^']*)'|(?<v>[^\s>]+))""", RegexOptions.IgnoreCase);
        return match.Success ? WebUtility.HtmlDecode(match.Groups["v"].Value) : null;
    }

    [GeneratedRegex("<form(?<attributes>[^>]*)>(?<body>.*?)</form>", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Forms();

    [GeneratedRegex("<(?:input|button|textarea|select)\\b[^>]*>", RegexOptions.IgnoreCase)]
    private static partial Regex Inputs();
}
