using System.Text.Encodings.Web;

namespace ManagedOAuth.Samples.OrdersApi;

/// <summary>The page for people: who the proxy says is logged in, and whether that is proven.</summary>
internal static class WelcomeEndpoints
{
    public static void MapWelcome(this WebApplication app) => app.MapGet("/", async (HttpContext context, AssertionVerifier verifier) =>
    {
        var (identity, reason) = await verifier.VerifyAsync(context.Request.Headers[AssertionVerifier.Header], context.RequestAborted);
        var who = identity is null
            ? $"<p id=\"who\">Nobody is logged in: {HtmlEncoder.Default.Encode(reason ?? "")}.</p>"
            : $"<p>Logged in as <strong id=\"who\">{HtmlEncoder.Default.Encode(identity.FindFirst("email")?.Value ?? identity.FindFirst("common_name")?.Value ?? "?")}</strong>.</p>";
        return Results.Content($$"""
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Orders</title>
            <style>body{font:16px/1.6 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}</style></head>
            <body><h1>Orders</h1>
            {{who}}
            <p><a href="/orders">The orders</a>, with the request as it arrived here. <a href="/verified">What the signed assertion proves.</a></p>
            <p><a href="/cdn-cgi/access/logout">Log out</a></p>
            </body></html>
            """, "text/html; charset=utf-8");
    });
}
