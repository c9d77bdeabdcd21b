using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Organizations;

/// <summary>Reads and validates the organization's settings; what a PUT leaves out stays as it is, as in the original.</summary>
public static class OrganizationReader
{
    /// <summary>The organization's one stream.</summary>
    public static readonly Guid Id = new("00000000-0000-4000-8000-000000000001");

    private static readonly TimeSpan s_longestSession = TimeSpan.FromDays(31);

    public static Organization Read(BodyReader reader, Organization? existing, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(snapshot);
        var current = existing ?? new Organization { Id = Id, Name = "", AuthDomain = "" };
        var organization = current with
        {
            Name = reader.Has("name") || existing is null ? reader.RequiredText("name", 200) : current.Name,
            AuthDomain = reader.Has("auth_domain") || existing is null ? AuthDomain(reader) : current.AuthDomain,
            SessionDuration = reader.Duration("session_duration", current.SessionDuration, TimeSpan.FromMinutes(1), s_longestSession),
            RevocationStalenessLimit = reader.Duration("revocation_staleness_limit", current.RevocationStalenessLimit, TimeSpan.FromSeconds(10), TimeSpan.FromHours(1)),
            ServeStaleRevocations = reader.Flag("serve_stale_revocations", current.ServeStaleRevocations),
            AssertionAlgorithm = reader.Text("assertion_algorithm", current.AssertionAlgorithm, 10),
            AutoRedirectToIdentity = reader.Flag("auto_redirect_to_identity", current.AutoRedirectToIdentity),
            IsUiReadOnly = reader.Flag("is_ui_read_only", current.IsUiReadOnly),
            StrictServiceTokenAuth = reader.Flag("strict_service_token_auth", current.StrictServiceTokenAuth),
            ServiceTokenInactivity = reader.Has("service_token_inactivity") ? OrganizationParts.Inactivity(reader) : current.ServiceTokenInactivity,
            CustomPages = reader.Has("custom_pages") ? OrganizationParts.Pages(reader, snapshot) : current.CustomPages,
            LoginDesign = reader.Has("login_design") ? OrganizationParts.Design(reader) : current.LoginDesign,
            DashboardPermissions = reader.Has("dashboard_permissions") ? DashboardPermissionReader.Read(reader, snapshot) : current.DashboardPermissions,
        };
        OrganizationParts.CheckMeaningless(reader);
        if (organization.AssertionAlgorithm is not ("RS256" or "ES256"))
        {
            reader.Refuse("assertion_algorithm", "assertion_algorithm is RS256 or ES256");
        }

        return organization;
    }

    // A host name alone, as in the original, means https; on the three loopback hosts, the only ones where plain http is allowed, it means http.
    private static string AuthDomain(BodyReader reader)
    {
        var text = reader.RequiredText("auth_domain", 255);
        if (text.Length == 0)
        {
            return text;
        }

        var written = text.Contains("://", StringComparison.Ordinal);
        if (Uri.TryCreate(written ? text : $"https://{text}", UriKind.Absolute, out var uri) && uri is { PathAndQuery: "/", Fragment: "", UserInfo: "" })
        {
            var loopback = uri.Host is "localhost" or "127.0.0.1" or "[::1]";
            if (!written && loopback)
            {
                return $"http://{uri.Authority}";
            }

            if (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && loopback))
            {
                return uri.GetLeftPart(UriPartial.Authority);
            }
        }

        reader.Refuse("auth_domain", "auth_domain is a host name, or an https origin; http only on localhost, 127.0.0.1 and [::1]");
        return text;
    }
}
