using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ManagedOAuth.AppHost.LocalConsole;

/// <summary>
/// Keeps other web pages in the same browser away from the console. Its <c>Host</c> must be a loopback name with our port (a page whose name was
/// rebound to 127.0.0.1 sends its own); a change needs the page's token and, where the browser sends it, our own <c>Origin</c>. No cookie is
/// used: cookies ignore ports, and other applications on localhost would receive it.
/// </summary>
public sealed class ConsoleGuard
{
    private static readonly string[] s_names = ["localhost", "127.0.0.1", "[::1]"];
    private readonly HashSet<string> _hosts;

    /// <summary>For the console on this port.</summary>
    public ConsoleGuard(int port) => _hosts = [.. s_names.Select(host => string.Create(CultureInfo.InvariantCulture, $"{host}:{port}"))];

    /// <summary>The token that forms carry; new with each start. Other origins cannot read our pages, so they cannot know it.</summary>
    public string FormToken { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>Is this one of our names?</summary>
    public bool AcceptsHost(string? host) => host is not null && _hosts.Contains(host);

    /// <summary>Does this form come from our own page?</summary>
    public bool AcceptsForm(string? origin, string? token) =>
        (origin is null || (origin.StartsWith("http://", StringComparison.Ordinal) && _hosts.Contains(origin["http://".Length..])))
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token ?? ""), Encoding.UTF8.GetBytes(FormToken));
}

/// <summary>The guard in the pipeline, and the headers of every answer.</summary>
internal static class ConsoleGuardExtensions
{
    public static void UseConsoleGuard(this WebApplication app) => app.Use(async (context, next) =>
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
        if (!app.Services.GetRequiredService<ConsoleGuard>().AcceptsHost(context.Request.Headers.Host))
        {
            context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
            await context.Response.WriteAsync("The local console answers to localhost only.\n");
            return;
        }
        await next(context);
    });
}
