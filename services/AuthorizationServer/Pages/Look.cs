using System.Globalization;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.AuthorizationServer.Pages;

/// <summary>
/// The organization's own look (<c>login_design</c>): its name or logo and its text above the card, its text below, its colours around it. The card
/// keeps our colours, and a text that could not be read on the background gets black or white instead (WCAG 2.2, 1.4.3).
/// </summary>
public sealed class Look
{
    private const double ReadableContrast = 4.5;
    private readonly LoginDesign _design;
    private readonly string _name;

    private Look(LoginDesign design, string name) => (_design, _name) = (design, name);

    /// <summary>The look of an organization; ours while there is none.</summary>
    public static Look Of(Organization? organization) => new(organization?.LoginDesign ?? new LoginDesign(), organization?.Name ?? "");

    /// <summary>Where the logo is loaded from; null when there is none.</summary>
    public Uri? Logo => Uri.TryCreate(_design.LogoPath, UriKind.Absolute, out var logo) && logo.Scheme == Uri.UriSchemeHttps ? logo : null;

    /// <summary>Rules that come after the style sheet.</summary>
    public Html Style()
    {
        if (Rgb.Parse(_design.BackgroundColor) is not { } background)
        {
            return Html.None;
        }

        var text = Rgb.Parse(_design.TextColor) is { } wanted && wanted.Contrast(background) >= ReadableContrast ? wanted : background.Readable();
        return Html.Of($":root{{--around:{background.ToString()};--on-around:{text.ToString()}}}");
    }

    /// <summary>What stands above the card.</summary>
    public Html Header()
    {
        if (_name.Length + _design.HeaderText.Length == 0)
        {
            return Html.None;
        }

        var mark = Logo is { } logo
            ? Html.Of($"""<img class="logo" src="{logo.AbsoluteUri}" alt="{_name}">""")
            : Html.Of($"""<p class="organization">{_name}</p>""");
        var text = _design.HeaderText.Length == 0 ? Html.None : Html.Of($"""<p>{_design.HeaderText}</p>""");
        return Html.Of($"""<header>{mark}{text}</header>""");
    }

    /// <summary>What stands below the card.</summary>
    public Html Footer() => _design.FooterText.Length == 0 ? Html.None : Html.Of($"""<p>{_design.FooterText}</p>""");

    /// <summary>A colour of the sRGB space.</summary>
    private readonly record struct Rgb(byte Red, byte Green, byte Blue)
    {
        private static readonly Rgb s_black = new(0x11, 0x14, 0x18);
        private static readonly Rgb s_white = new(255, 255, 255);

        public static Rgb? Parse(string text)
            => text.Length == 7 && text[0] == '#' && uint.TryParse(text.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
                ? new Rgb((byte)(value >> 16), (byte)(value >> 8), (byte)value)
                : null;

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"#{Red:x2}{Green:x2}{Blue:x2}");

        public Rgb Readable() => Contrast(s_black) >= Contrast(s_white) ? s_black : s_white;

        /// <summary>WCAG's contrast ratio, 1 to 21.</summary>
        public double Contrast(Rgb other)
        {
            var (one, two) = (Luminance(), other.Luminance());
            return (Math.Max(one, two) + 0.05) / (Math.Min(one, two) + 0.05);
        }

        private double Luminance() => (0.2126 * Linear(Red)) + (0.7152 * Linear(Green)) + (0.0722 * Linear(Blue));

        private static double Linear(byte channel)
        {
            var part = channel / 255.0;
            return part <= 0.04045 ? part / 12.92 : Math.Pow((part + 0.055) / 1.055, 2.4);
        }
    }
}
