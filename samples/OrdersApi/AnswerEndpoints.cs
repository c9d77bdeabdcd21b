namespace ManagedOAuth.Samples.OrdersApi;

/// <summary>Answers that a proxy must leave alone.</summary>
internal static class AnswerEndpoints
{
    public static void MapAnswers(this WebApplication app)
    {
        // The origin's own challenge: with Managed OAuth off it reaches the client as it is.
        app.Map("/own-401", (HttpContext context) =>
        {
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"origin\"";
            return Results.Text("The origin itself wants a password.\n", statusCode: StatusCodes.Status401Unauthorized);
        });
        app.Map("/status/{code:int:range(200,599)}", (int code) => Results.StatusCode(code));
        app.Map("/cookies", (HttpContext context) =>
        {
            context.Response.Cookies.Append("origin_one", "1");
            context.Response.Cookies.Append("origin_two", "2", new CookieOptions { HttpOnly = true });
            return "Two cookies.";
        });
        app.Map("/redirect", () => Results.Redirect("/orders"));
        // A body that breaks off: the client must be able to tell.
        app.Map("/abort", async (HttpContext context) =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("the beginning", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            context.Abort();
        });
    }
}
