using Aspire.Hosting.ApplicationModel;
using ManagedOAuth.AppHost.LocalConsole.Pages;
using ManagedOAuth.AppHost.Mail;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace ManagedOAuth.AppHost.LocalConsole;

/// <summary>Pages and JSON of the local console.</summary>
internal static class ConsoleEndpoints
{
    private static readonly byte[] s_css = ReadCss();

    public static void MapConsole(this WebApplication app)
    {
        app.MapGet("/", () => new RazorComponentResult<ResourcesPage>());
        app.MapGet("/resources/{id}", (string id, ResourceNotificationService resources) =>
            resources.Find(id) is null ? Results.NotFound() : new RazorComponentResult<LogsPage>(new { Id = id }));
        app.MapGet("/mailbox", (string? to) => new RazorComponentResult<MailboxPage>(new { To = to }));
        app.MapGet("/console.css", () => Results.Bytes(s_css, "text/css; charset=utf-8"));
        app.MapPost("/resources/{id}/restart", RestartAsync).DisableAntiforgery(); // ConsoleGuard checks the form, without a cookie

        app.MapGet("/api/resources", (ResourceNotificationService resources) => Results.Json(resources.Current.Select(ResourceView.Of), ConsoleJson.Default.IEnumerableResourceView));
        app.MapGet("/api/resources/{id}/logs", (string id, ResourceNotificationService resources, ResourceLoggerService logs) =>
            resources.Find(id) is null ? Results.NotFound() : Results.Json(logs.GetLines(id).Select(line => new LogLineView(line.Time, line.Text)), ConsoleJson.Default.IEnumerableLogLineView));
        app.MapGet("/api/mailbox", (string? to, Mailbox mailbox) =>
            Results.Json(mailbox.Find(to).Select(mail => new MailView(mail.To, mail.Subject, mail.Pin, mail.ReceivedAt)), ConsoleJson.Default.IEnumerableMailView));
    }

    private static async Task<IResult> RestartAsync(string id, [FromForm(Name = "token")] string? token, HttpContext context, ConsoleGuard guard, ResourceCommandService commands)
    {
        if (!guard.AcceptsForm(context.Request.Headers.Origin, token))
        {
            return Results.Text("This form is not from this console, or the console was restarted: load the page again.\n", statusCode: StatusCodes.Status403Forbidden);
        }
        return await commands.ExecuteCommandAsync(id, ResourceCommandService.RestartCommand) ? Results.Redirect("/") : Results.NotFound();
    }

    private static byte[] ReadCss()
    {
        using var stream = typeof(ConsoleEndpoints).Assembly.GetManifestResourceStream("console.css")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
