namespace ManagedOAuth.AuthorizationServer.Pages;

/// <summary>The one style sheet of all pages: the design that our services share and the layout of these pages; no fonts or images to load.</summary>
internal static class Stylesheet
{
    public static readonly Html Css = Html.Join([Html.OfResource("design.css"), Html.OfResource("pages.css")]);
}
