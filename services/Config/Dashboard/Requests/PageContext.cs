using ManagedOAuth.Config.Dashboard.Access;

namespace ManagedOAuth.Config.Dashboard.Requests;

/// <summary>What the frame of a page needs to know of the request; filled before the page is made.</summary>
public sealed class PageContext
{
    /// <summary>Keeps the choice of light or dark.</summary>
    public const string ThemeCookie = "Theme";

    /// <summary>Null before the sign-in.</summary>
    public Administrator? Administrator { get; set; }

    /// <summary>The path of the page, for the navigation.</summary>
    public string Path { get; set; } = "/";

    /// <summary><c>light</c>, <c>dark</c>, or null to follow the system.</summary>
    public string? Theme { get; set; }

    /// <summary>The anti-forgery token of this page's forms.</summary>
    public string FormToken { get; set; } = "";

    /// <summary>What the page before this one did.</summary>
    public Flash? Flash { get; set; }
}
