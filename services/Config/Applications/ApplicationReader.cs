using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Applications;

/// <summary>
/// Reads and validates an application from the body of a POST or PUT. A PUT replaces all fields: what is absent gets its default. What makes
/// the application what it is has no default, so type, name and addresses stay as they are when they are absent; and so does <c>origin</c>,
/// which clients of the original do not know (null removes it).
/// </summary>
public sealed class ApplicationReader(OriginReader origins)
{
    private static readonly TimeSpan s_longestSession = TimeSpan.FromHours(8760);

    /// <summary>Reads the application; policies are read by <see cref="PolicyListReader"/>.</summary>
    public Application Read(BodyReader reader, Guid id, string aud, Application? existing, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(snapshot);
        var type = Type(reader, existing);
        var name = existing is not null && !reader.Has("name") ? existing.Name : reader.RequiredText("name", 350);
        var kept = existing is not null && !DestinationReader.IsGiven(reader) ? existing : null;
        var domain = type == ApplicationType.Mcp ? "" : kept?.Domain ?? DestinationReader.Domain(reader);
        var application = new Application
        {
            Id = id,
            Aud = aud,
            Type = type,
            Name = name,
            Domain = domain,
            Destinations = kept?.Destinations ?? DestinationReader.Read(reader, type, domain),
            SessionDuration = reader.Duration("session_duration", "24h", TimeSpan.Zero, s_longestSession),
            AllowedIdps = AllowedIdps(reader, snapshot),
            AutoRedirectToIdentity = reader.Flag("auto_redirect_to_identity", false),
            AppLauncherVisible = reader.Flag("app_launcher_visible", true),
            LogoUrl = reader.Text("logo_url", "", 2048),
            Tags = Tags(reader, snapshot),
            CustomPages = CustomPages(reader, snapshot),
            CustomDenyMessage = reader.Text("custom_deny_message", ""),
            CustomDenyUrl = HttpsUrl(reader, "custom_deny_url"),
            CustomNonIdentityDenyUrl = HttpsUrl(reader, "custom_non_identity_deny_url"),
            OptionsPreflightBypass = reader.Flag("options_preflight_bypass", false),
            HttpOnlyCookieAttribute = reader.Flag("http_only_cookie_attribute", true),
            SameSiteCookieAttribute = SameSite(reader),
            OauthConfiguration = OAuthConfigurationReader.Read(reader) ?? DefaultOAuth(type, existing, reader),
            Origin = reader.Has("origin") ? origins.Read(reader) : existing?.Origin,
        };
        if (type != ApplicationType.Mcp)
        {
            // The original has none for portals: without it no page of another site could be a client of one.
            application = application with { CorsHeaders = Cors(reader.Nested("cors_headers")) };
        }

        if (type == ApplicationType.SelfHosted)
        {
            application = SelfHosted(reader, application);
        }

        MeaninglessFields.Check(reader);
        CheckTogether(reader, application);
        return application;
    }

    // Fields that MCP applications do not have; there they are as unknown as any other name.
    private static Application SelfHosted(BodyReader reader, Application application) => application with
    {
        PathCookieAttribute = reader.Flag("path_cookie_attribute", false),
        AllowIframe = reader.Flag("allow_iframe", false),
        SkipInterstitial = reader.Flag("skip_interstitial", false),
        ServiceAuth401Redirect = reader.Flag("service_auth_401_redirect", false),
        ReadServiceTokensFromHeader = HeaderName(reader),
    };

    // As in the original, a new portal has Managed OAuth unless it says otherwise: MCP clients could not log in at all without it.
    private static OAuthConfiguration? DefaultOAuth(ApplicationType type, Application? existing, BodyReader reader)
        => type == ApplicationType.McpPortal && existing is null && !reader.Has("oauth_configuration") ? new OAuthConfiguration() : null;

    private static ApplicationType Type(BodyReader reader, Application? existing)
    {
        if (existing is not null && !reader.Has("type"))
        {
            return existing.Type;
        }

        var errors = reader.Errors.Count;
        ApplicationType? type = reader.OptionalText("type", 40) switch
        {
            "self_hosted" => ApplicationType.SelfHosted,
            "mcp" => ApplicationType.Mcp,
            "mcp_portal" => ApplicationType.McpPortal,
            _ => null,
        };
        if (type is null && reader.Errors.Count == errors)
        {
            reader.Refuse("type", "app type is missing or invalid; this product serves applications of type self_hosted, mcp and mcp_portal");
        }
        else if (type is not null && existing is not null && existing.Type != type)
        {
            reader.Refuse("type", "an application keeps its type; make a new one");
        }

        return type ?? ApplicationType.SelfHosted;
    }

    private static IReadOnlyList<string> Tags(BodyReader reader, ConfigurationSnapshot snapshot)
    {
        var tags = reader.Texts("tags", 25, 100);
        var known = tags.Count == 0 ? [] : snapshot.Tags.Values.Select(tag => tag.Name).ToHashSet(StringComparer.Ordinal);
        for (var index = 0; index < tags.Count; index++)
        {
            if (!known.Contains(tags[index]))
            {
                reader.Refuse($"tags/{index}", "tags contain a tag that does not exist");
            }
        }

        return tags;
    }

    private static IReadOnlyList<Guid> CustomPages(BodyReader reader, ConfigurationSnapshot snapshot)
    {
        var ids = reader.Ids("custom_pages", 10);
        foreach (var id in ids.Where(id => !snapshot.CustomPages.ContainsKey(id)))
        {
            reader.Refuse("custom_pages", $"there is no custom page {id}");
        }

        if (ids.Select(id => snapshot.CustomPages.GetValueOrDefault(id)?.Type).OfType<CustomPageType>().GroupBy(type => type).Any(same => same.Count() > 1))
        {
            reader.Refuse("custom_pages", "custom_pages has at most one page of each type");
        }

        return ids;
    }

    private static IReadOnlyList<Guid> AllowedIdps(BodyReader reader, ConfigurationSnapshot snapshot)
    {
        var ids = reader.Ids("allowed_idps", 100);
        foreach (var id in ids.Where(id => !snapshot.IdentityProviders.ContainsKey(id)))
        {
            reader.Refuse("allowed_idps", $"there is no identity provider {id}");
        }

        return ids;
    }

    private static CorsHeaders? Cors(BodyReader? reader) => reader is null ? null : new CorsHeaders
    {
        AllowAllHeaders = reader.Flag("allow_all_headers", false),
        AllowAllMethods = reader.Flag("allow_all_methods", false),
        AllowAllOrigins = reader.Flag("allow_all_origins", false),
        AllowCredentials = reader.Flag("allow_credentials", false),
        AllowedHeaders = reader.Texts("allowed_headers", 100, 256),
        AllowedMethods = reader.Texts("allowed_methods", 20, 20),
        AllowedOrigins = reader.Texts("allowed_origins", 100, 512),
        MaxAge = reader.Number("max_age", -1, 86_400),
    };

    private static string? SameSite(BodyReader reader)
    {
        var value = reader.OptionalText("same_site_cookie_attribute", 10);
        if (value is not (null or "none" or "lax" or "strict"))
        {
            reader.Refuse("same_site_cookie_attribute", "same_site_cookie_attribute is none, lax or strict");
        }

        return value;
    }

    private static string? HeaderName(BodyReader reader)
    {
        var value = reader.OptionalText("read_service_tokens_from_header", 64);
        if (value is not null && (value.Length == 0 || !value.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')))
        {
            reader.Refuse("read_service_tokens_from_header", "read_service_tokens_from_header is a header name of letters, digits and hyphens");
        }

        return value;
    }

    private static string HttpsUrl(BodyReader reader, string member)
    {
        var value = reader.Text(member, "", 2048);
        if (value.Length > 0 && !(Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps && uri.UserInfo.Length == 0))
        {
            reader.Refuse(member, $"{member} is an absolute https URL without credentials");
        }

        return value;
    }

    private static void CheckTogether(BodyReader reader, Application application)
    {
        var addresses = AddressesOf(application).ToList();
        if (application.ManagedOAuth && addresses.Exists(address => address.Path.Length > 0))
        {
            reader.Refuse("domain", "domain can not have a path if oauth is configured");
        }

        if (application.OptionsPreflightBypass && application.CorsHeaders is not null)
        {
            reader.Refuse("options_preflight_bypass", "options_preflight_bypass and cors_headers exclude each other");
        }

        if (application.CorsHeaders is { AllowAllOrigins: true, AllowCredentials: true })
        {
            reader.Refuse("cors_headers/allow_credentials", "allow_credentials needs named origins, not allow_all_origins");
        }

        if (application.AutoRedirectToIdentity && application.AllowedIdps.Count != 1)
        {
            reader.Refuse("auto_redirect_to_identity", "auto_redirect_to_identity needs exactly one of allowed_idps");
        }

        if (application.Type == ApplicationType.McpPortal && addresses.Exists(address => address.Path.Length > 0))
        {
            reader.Refuse("domain", "the domain of a portal has no path");
        }
    }

    private static IEnumerable<PublicAddress> AddressesOf(Application application)
        => application.Destinations.Select(destination => destination.Uri).Prepend(application.Domain)
            .Select(text => PublicAddress.TryParse(text, out var address, out _) ? address : null)
            .OfType<PublicAddress>()
            .Distinct();
}
