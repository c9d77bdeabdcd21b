namespace ManagedOAuth.Edge.Cors;

/// <summary>CORS preflights (Fetch standard §3.2.2): they carry no credential by definition, so they are answered before anybody asks for one.</summary>
internal static class Preflight
{
    public static bool Is(HttpRequest request)
        => request.Method == "OPTIONS" && request.Headers.Origin.Count == 1 && request.Headers.AccessControlRequestMethod.Count == 1;

    /// <summary>204, with permission as far as <paramref name="policy"/> gives it; without a policy, none.</summary>
    public static void Answer(HttpContext context, CorsPolicy? policy)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status204NoContent;
        response.Headers.Append("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers");
        policy?.WritePreflight(context.Request.Headers, response.Headers);
    }
}
