using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.ServiceDefaults.Snapshots;

namespace ManagedOAuth.AuthorizationServer.Pages;

/// <summary>
/// A page of this service: complete without scripts, nothing loaded from anywhere, never cached, never framed. The address that a form's
/// answer may redirect to has to be named, because browsers apply the policy for forms to redirects too.
/// </summary>
/// <param name="Title">The heading and the window's title.</param>
/// <param name="Body">What comes below the heading.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="FormRedirect">Redirect URI or origin that the page's forms may lead to.</param>
public sealed record Page(string Title, Html Body, int Status = StatusCodes.Status200OK, string? FormRedirect = null) : IResult
{
    /// <summary>Room for code and tables.</summary>
    public bool Wide { get; init; }

    /// <summary>A script that adds a convenience; the page does without it.</summary>
    public Html Script { get; init; }

    /// <inheritdoc />
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        var security = httpContext.PageSecurity().AllowForms().AllowOpener();
        if (FormRedirect is not null)
        {
            security.AllowFormRedirect(new Uri(FormRedirect));
        }

        var organization = httpContext.RequestServices.GetRequiredService<IConfigurationSnapshots>().Current.Organization;
        var look = Look.Of(organization);

        // A portal's pages are at its own address.
        var access = organization is null || httpContext.Request.Path == Paths.MyAccess
            ? Html.None
            : Html.Of($"""<p><a href="{organization.AuthDomain + Paths.MyAccess}">What has access in your name</a></p>""");
        if (look.Logo is { } logo)
        {
            security.AllowImages(logo);
        }

        var html = Html.Of($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex">
            <meta name="color-scheme" content="light dark">
            <title>{Title}</title>
            <style nonce="{security.Nonce}">{Stylesheet.Css}{look.Style()}</style>
            </head>
            <body>
            {look.Header()}
            {(Wide ? Html.Of($"""<main class="wide">""") : Html.Of($"""<main>"""))}
            <h1>{Title}</h1>
            {Body}
            </main>
            <footer>{look.Footer()}{access}Reference <code>{FlowReference.Of(httpContext)}</code></footer>
            {(Script.ToString().Length == 0 ? Html.None : Html.Of($"""<script nonce="{security.Nonce}">{Script}</script>"""))}
            </body>
            </html>

            """);
        httpContext.Response.StatusCode = Status;
        httpContext.Response.Headers.CacheControl = "no-store";
        return Results.Text(html.ToString(), "text/html", System.Text.Encoding.UTF8, Status).ExecuteAsync(httpContext);
    }
}
