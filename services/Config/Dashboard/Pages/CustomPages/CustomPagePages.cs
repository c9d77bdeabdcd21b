using System.Text.Json.Nodes;
using ManagedOAuth.Config.CustomPages;
using ManagedOAuth.Config.Dashboard.Access;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.CustomPages;

/// <summary><c>/custom-pages</c>: what is shown to people who are not let in, in the organization's own words.</summary>
public sealed class CustomPagePages() : ObjectPages(PageKind.Find("custom_page")!)
{
    private const string Beginning = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <title>No access</title>
          <style>
            body { font: 17px/1.6 system-ui, sans-serif; max-width: 36rem; margin: 15vh auto; padding: 0 1.5rem; }
          </style>
        </head>
        <body>
          <h1>You have no access to this</h1>
          <p>Ask <a href="mailto:it@example.com">IT</a> if you think that you should.</p>
        </body>
        </html>
        """;

    protected override IReadOnlyList<string> RemovalConsequences => ["Only a page that nothing shows can be removed.", "Its history stays, and it can be brought back."];

    protected override SaveQuestion? Question(string id, string name) => null;

    protected override string Created(JsonObject made) => $"The page {made["name"]} exists. Choose it in the settings of an application, or for all of them under Settings.";

    protected override IResult List(ListView view) => PageResult.Of<CustomPageList>(new { View = view });

    protected override Task<IResult> FormAsync(HttpContext context, EditModel model, int status, CancellationToken ct)
        => Task.FromResult(PageResult.Of<CustomPageEdit>(new { Model = model }, status));

    protected override Draft Suggestion(HttpRequest request)
    {
        var draft = new Draft();
        draft.Set("/type", "identity_denied");
        draft.Set("/custom_html", Beginning);
        return draft;
    }

    protected override bool Take(Draft draft, IFormCollection form)
    {
        ArgumentNullException.ThrowIfNull(form);
        draft.TakeText(form, "/name");
        draft.TakeText(form, "/type");
        draft.Set("/custom_html", form["/custom_html"].ToString());
        return false;
    }

    /// <summary>Shows what is in the form as people would see it: no script of it runs, and it is in an origin of its own.</summary>
    protected override void MapMore(RouteGroupBuilder group)
    {
        ArgumentNullException.ThrowIfNull(group);
        group.MapPost("/preview", async (HttpContext context, CancellationToken ct) =>
        {
            var html = (await context.Request.ReadFormAsync(ct))["/custom_html"].ToString();
            return html.Length <= CustomPageKind.MaximumHtml ? Results.Text(html, "text/html", System.Text.Encoding.UTF8) : Messages.Refused(StatusCodes.Status400BadRequest, "The page is too long.");
        }).WithMetadata(ForeignMarkup.Instance);
    }
}
