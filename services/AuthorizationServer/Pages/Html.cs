using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;

namespace ManagedOAuth.AuthorizationServer.Pages;

/// <summary>Markup. Made by <see cref="Of"/> from an interpolated string: what stands in the code is markup, every value in it is encoded.</summary>
public readonly struct Html
{
    private readonly string? _markup;

    private Html(string markup) => _markup = markup;

    /// <summary>No markup.</summary>
    public static Html None => default;

    /// <summary>Markup from an interpolated string.</summary>
    public static Html Of(HtmlHandler markup) => new(markup.ToStringAndClear());

    /// <summary>A constant file of this assembly, as it is.</summary>
    internal static Html OfResource(string name)
    {
        using var stream = typeof(Html).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"{name} is not embedded.");
        using var reader = new StreamReader(stream);
        return new Html(reader.ReadToEnd());
    }

    /// <summary>Several pieces one after another.</summary>
    public static Html Join(IEnumerable<Html> pieces) => new(string.Concat(pieces.Select(piece => piece._markup)));

    /// <summary>The markup.</summary>
    public override string ToString() => _markup ?? "";
}

/// <summary>Encodes the values of an interpolated string; only <see cref="Html"/> passes as it is. There is no way to pass a raw string.</summary>
[InterpolatedStringHandler]
public readonly struct HtmlHandler(int literalLength, int formattedCount)
{
    private readonly StringBuilder _text = new(literalLength + (formattedCount * 32));

    public void AppendLiteral(string value) => _text.Append(value);

    public void AppendFormatted(Html value) => _text.Append(value.ToString());

    public void AppendFormatted(string? value) => _text.Append(HtmlEncoder.Default.Encode(value ?? ""));

    public void AppendFormatted(int value) => _text.Append(value.ToString(CultureInfo.InvariantCulture));

    internal string ToStringAndClear() => _text.ToString();
}
