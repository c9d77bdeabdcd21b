namespace ManagedOAuth.AuthorizationServer.Http;

/// <summary>Every path of this service, and those of Token that its metadata names.</summary>
public static class Paths
{
    /// <summary>RFC 9728 §3.</summary>
    public const string ProtectedResource = "/.well-known/oauth-protected-resource";

    /// <summary>The name under which the same document is found at Cloudflare.</summary>
    public const string CloudflareProtectedResource = "/.well-known/cloudflare-access-protected-resource";

    /// <summary>RFC 8414 §3.</summary>
    public const string AuthorizationServer = "/.well-known/oauth-authorization-server";

    /// <summary>RFC 6749 §3.1, at application domains.</summary>
    public const string Authorization = "/cdn-cgi/access/oauth/authorization";

    /// <summary>RFC 7591 §3, at application domains.</summary>
    public const string Registration = "/cdn-cgi/access/oauth/registration";

    /// <summary>RFC 6749 §3.2; served by Token.</summary>
    public const string Token = "/cdn-cgi/access/oauth/token";

    /// <summary>RFC 7009 §2; served by Token.</summary>
    public const string Revocation = "/cdn-cgi/access/oauth/revoke";

    /// <summary>The application's end of a browser login; served by Edge.</summary>
    public const string Authorized = "/cdn-cgi/access/authorized";

    /// <summary>Login, at the team domain; a transaction's own page is one segment below.</summary>
    public const string Login = "/cdn-cgi/access/login";

    /// <summary>Where every identity provider sends the browser back to, at the team domain.</summary>
    public const string Callback = "/cdn-cgi/access/callback";

    /// <summary>Consent, at the team domain; a transaction's own page is one segment below.</summary>
    public const string Consent = "/cdn-cgi/access/consent";

    /// <summary>A user's own grants, at the team domain.</summary>
    public const string MyAccess = "/cdn-cgi/access/my-access";

    /// <summary>End of the team session, at the team domain.</summary>
    public const string Logout = "/cdn-cgi/access/logout";

    /// <summary>Home of a portal, at the portal's domain.</summary>
    public const string PortalHome = "/";

    /// <summary>What a user has to connect at a portal, at the portal's domain.</summary>
    public const string PortalServers = "/authorize";

    /// <summary>Where browsers come back to from servers' authorization servers, at the portal's domain; for a client that registered itself the server's id is one segment below.</summary>
    public const string ServersCallback = "/servers-callback";

    /// <summary>The same at the team domain: for administrators, and for servers with one callback for all portals.</summary>
    public const string SharedServersCallback = "/cdn-cgi/access/outbound-oauth-callback";

    /// <summary>An administrator's login at a server, at the team domain; an invitation's own page is one segment below.</summary>
    public const string UpstreamConnect = "/cdn-cgi/access/upstream/connect";

    /// <summary>What this product says about itself as a client of servers' authorization servers, at the team domain.</summary>
    public const string UpstreamClients = "/cdn-cgi/access/upstream/clients";
}
