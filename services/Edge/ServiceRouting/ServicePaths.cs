namespace ManagedOAuth.Edge.ServiceRouting;

/// <summary>
/// Which paths of public addresses belong to which service. On an application's domain everything else is the origin's, except that
/// nothing below <see cref="Own"/> ever is.
/// </summary>
internal static class ServicePaths
{
    public const string AuthorizationServer = "authorization-server";
    public const string Token = "token";
    public const string Config = "config";

    /// <summary>Reserved for us on every domain.</summary>
    public const string Own = "/cdn-cgi/access";

    public const string Authorized = Own + "/authorized";
    public const string Logout = Own + "/logout";
    public const string Identity = Own + "/get-identity";
    private const string Certs = Own + "/certs";
    public const long NoBody = 0;
    public const long FormLimit = 16 * 1024;
    private const long RegistrationLimit = 64 * 1024;

    // Somewhat more than is served, so that who sends too much reads the answer.
    private const long ProvisioningLimit = (1024 * 1024) + (64 * 1024);

    /// <summary>Longest body of the admin API, in bytes.</summary>
    public const long AdminLimit = 1024 * 1024;

    /// <summary>Longest file of a configuration, in bytes.</summary>
    private const long TransferLimit = 64 * 1024 * 1024;

    // The dashboard's forms take a file of 4 MiB, of which a form may send each byte as two; and somewhat more, as above.
    private const long TransferFormLimit = 9 * 1024 * 1024;

    /// <summary>On the domains of applications.</summary>
    public static readonly ServicePath[] Applications =
    [
        new(AuthorizationServer, "/.well-known/oauth-protected-resource", WithBelow: true, OnlyManaged: true, NoBody),
        new(AuthorizationServer, "/.well-known/oauth-authorization-server", WithBelow: true, OnlyManaged: true, NoBody),
        new(AuthorizationServer, "/.well-known/cloudflare-access-protected-resource", WithBelow: true, OnlyManaged: true, NoBody),
        new(AuthorizationServer, Own + "/oauth/authorization", WithBelow: false, OnlyManaged: true, FormLimit),
        new(AuthorizationServer, Own + "/oauth/registration", WithBelow: true, OnlyManaged: true, RegistrationLimit),
        new(Token, Own + "/oauth/token", WithBelow: false, OnlyManaged: true, FormLimit),
        new(Token, Own + "/oauth/revoke", WithBelow: false, OnlyManaged: true, FormLimit),
        new(Token, Certs, WithBelow: false, OnlyManaged: false, NoBody),
        new(null, Authorized, WithBelow: false, OnlyManaged: false, NoBody),
        new(null, Logout, WithBelow: false, OnlyManaged: false, FormLimit),
        new(null, Identity, WithBelow: false, OnlyManaged: false, NoBody),
    ];

    /// <summary>On the team domain. What is not here does not exist: the services answer health on the same private port.</summary>
    public static readonly ServicePath[] Team =
    [
        new(Token, Certs, WithBelow: false, OnlyManaged: false, NoBody),
        new(AuthorizationServer, Own + "/scim", WithBelow: true, OnlyManaged: false, ProvisioningLimit),
        new(AuthorizationServer, Own, WithBelow: true, OnlyManaged: false, RegistrationLimit),
        new(AuthorizationServer, "/", WithBelow: false, OnlyManaged: false, NoBody),
    ];

    /// <summary>Of an application, what the dashboard's domain has too while it is protected by one: the session, no OAuth.</summary>
    public static readonly ServicePath[] Dashboard =
    [
        new(Token, Certs, WithBelow: false, OnlyManaged: false, NoBody),
        new(null, Authorized, WithBelow: false, OnlyManaged: false, NoBody),
        new(null, Logout, WithBelow: false, OnlyManaged: false, FormLimit),
        new(null, Identity, WithBelow: false, OnlyManaged: false, NoBody),
    ];

    /// <summary>The admin API, which API tokens open.</summary>
    public static readonly ServicePath AdminApi = new(Config, "/client/v4", WithBelow: true, OnlyManaged: false, AdminLimit);

    /// <summary>Longest body for a path of the dashboard's domain: a whole configuration is applied as one file, everything else is small.</summary>
    public static long AdminLimitOf(ReadOnlySpan<char> path) => path switch
    {
        "/transfer/plan" or "/transfer/apply" => TransferFormLimit,
        _ => AdminApi.Covers(path) && path.EndsWith("/access/apply", StringComparison.Ordinal) ? TransferLimit : AdminLimit,
    };

    /// <summary>The entry for a path; null when it is not in the table.</summary>
    public static ServicePath? Find(ServicePath[] table, ReadOnlySpan<char> path)
    {
        // Nearly every path of an application is its own: two characters tell.
        if (table == Applications && (path.Length < 2 || path[1] is not ('.' or 'c')))
        {
            return null;
        }

        foreach (var entry in table)
        {
            if (entry.Covers(path))
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>Whether a path is below <see cref="Own"/>, as any server could read it.</summary>
    public static bool IsOwn(ReadOnlySpan<char> path)
        => path.StartsWith(Own, StringComparison.OrdinalIgnoreCase) && (path.Length == Own.Length || path[Own.Length] == '/');
}
