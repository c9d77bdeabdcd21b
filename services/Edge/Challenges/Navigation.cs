namespace ManagedOAuth.Edge.Challenges;

/// <summary>
/// Whether a person's browser is on its way to a page (then a redirect to the login helps), or a program asks (then only a challenge does).
/// </summary>
internal static class Navigation
{
    /// <summary>
    /// GET or HEAD, no Authorization, and <c>Sec-Fetch-Mode: navigate</c> or an Accept with <c>text/html</c> and no
    /// <c>X-Requested-With</c>. Everything else gets 401 where Managed OAuth is on.
    /// </summary>
    public static bool Is(HttpRequest request)
    {
        var headers = request.Headers;
        return request.Method is "GET" or "HEAD"
            && headers.Authorization.Count == 0
            && (headers["Sec-Fetch-Mode"].ToString().Equals("navigate", StringComparison.OrdinalIgnoreCase)
                || (AcceptsHtml(request) && headers.XRequestedWith.Count == 0));
    }

    public static bool AcceptsHtml(HttpRequest request)
        => request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
}
