using System.Text;

namespace ManagedOAuth.Edge.Routing;

/// <summary>One public address of one application, with what every request through it needs, made once per configuration.</summary>
internal sealed class Door
{
    public required ProtectedApplication Application { get; init; }

    /// <summary><c>localhost:8700</c>: what the origin sees as Host when the public host is preserved.</summary>
    public required string Authority { get; init; }

    /// <summary><c>http://localhost:8700</c></summary>
    public required string PublicOrigin { get; init; }

    /// <summary>The path below which the application lies, without a final slash; empty = the whole host.</summary>
    public required string Scope { get; init; }

    /// <summary>Name of the session cookie: <c>CF_Authorization</c>, with the port where there is one (cookies ignore ports).</summary>
    public required string SessionCookie { get; init; }

    /// <summary>Name, up to its last part, of the cookies that a login in flight leaves here.</summary>
    public required string LoginCookiePrefix { get; init; }

    /// <summary>The absolute URL of the protected-resource metadata (RFC 9728 §3.1).</summary>
    public required string ResourceMetadata { get; init; }

    /// <summary>It has the origin of the application's <c>domain</c>, not only of one of its further destinations.</summary>
    public bool IsPrimary => PublicOrigin == Contracts.OAuth.PublicOrigin.Of(Application.Record.Domain);

    public bool IsHttps => PublicOrigin.StartsWith("https:", StringComparison.Ordinal);

    public bool Covers(ReadOnlySpan<char> path, StringComparison comparison)
        => path.StartsWith(Scope, comparison) && (path.Length == Scope.Length || Scope.Length == 0 || path[Scope.Length] == '/');

    /// <summary>Makes the door for an address of the configuration: authority and optional path.</summary>
    public static Door Create(ProtectedApplication application, string address)
    {
        var slash = address.IndexOf('/', StringComparison.Ordinal);
        var authority = (slash < 0 ? address : address[..slash]).ToLowerInvariant();
        var scope = slash < 0 ? "" : address[slash..].TrimEnd('*').TrimEnd('/');
        var origin = Contracts.OAuth.PublicOrigin.Of(authority);
        var suffix = CookieSuffix(authority);

        // Two applications of one host would overwrite each other's cookie: one below a path has a name of its own.
        var own = scope.Length == 0 ? "" : "_" + application.Audience[..Math.Min(8, application.Audience.Length)];
        return new Door
        {
            Application = application,
            Authority = authority,
            PublicOrigin = origin,
            Scope = scope,
            SessionCookie = CookieNames.Session + suffix + own,
            LoginCookiePrefix = CookieNames.Login + suffix + "_",
            ResourceMetadata = origin + "/.well-known/oauth-protected-resource" + (application.IsPortal ? "/mcp" : ""),
        };
    }

    private static string CookieSuffix(string authority)
    {
        var port = authority.AsSpan(Contracts.OAuth.PublicOrigin.HostOf(authority).Length);
        return port.Length > 1 ? new StringBuilder("_").Append(port[1..]).ToString() : "";
    }
}
