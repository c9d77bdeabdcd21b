namespace ManagedOAuth.Config.Dashboard.Components;

/// <summary>The members of objects by the names that their forms have.</summary>
public static class FieldWords
{
    private static readonly Dictionary<string, string> s_labels = new(StringComparer.Ordinal)
    {
        ["/allowed_idps"] = "Identity providers",
        ["/app_launcher_visible"] = "Show in the app launcher",
        ["/assertion_algorithm"] = "Signing algorithm of assertions",
        ["/auth_credentials"] = "Token",
        ["/auth_domain"] = "Team domain",
        ["/auto_redirect_to_identity"] = "Skip the choice",
        ["/calls_per_minute"] = "Calls of one user in a minute",
        ["/client_secret"] = "Client secret",
        ["/client_secret_version"] = "Version of the secret",
        ["/code_mode"] = "Code mode",
        ["/condition/request_ip/in"] = "Works from these networks",
        ["/condition/request_ip/not_in"] = "Does not work from these networks",
        ["/config/auth_url"] = "Authorization endpoint",
        ["/config/base_url"] = "GitHub Enterprise Server",
        ["/config/certs_url"] = "Key set",
        ["/config/claims"] = "Claims for policies and origins",
        ["/config/client_id"] = "Client ID",
        ["/config/client_secret"] = "Client secret",
        ["/config/email_claim_name"] = "Claim with the address",
        ["/config/end_session_url"] = "End of the session there",
        ["/config/groups_claim_name"] = "Claim with the groups",
        ["/config/issuer_url"] = "Issuer",
        ["/config/pkce_enabled"] = "PKCE",
        ["/config/private_key"] = "Private key",
        ["/config/private_key_id"] = "Key ID (kid)",
        ["/config/scopes"] = "Scopes",
        ["/config/token_endpoint_auth_method"] = "Authentication at the token endpoint",
        ["/config/token_url"] = "Token endpoint",
        ["/config/userinfo_url"] = "Userinfo endpoint",
        ["/cors_headers/allow_all_headers"] = "Any header",
        ["/cors_headers/allow_all_methods"] = "Any method",
        ["/cors_headers/allow_all_origins"] = "Any origin",
        ["/cors_headers/allow_credentials"] = "With credentials",
        ["/cors_headers/allowed_headers"] = "Allowed headers",
        ["/cors_headers/allowed_methods"] = "Allowed methods",
        ["/cors_headers/allowed_origins"] = "Allowed origins",
        ["/custom_deny_message"] = "Message for people who may not come in",
        ["/custom_deny_url"] = "Page for people who may not come in",
        ["/custom_non_identity_deny_url"] = "Page for machines and refused requests",
        ["/custom_pages/forbidden"] = "Page where the request is refused",
        ["/custom_pages/identity_denied"] = "Page for people who are not admitted",
        ["/decision"] = "Decision",
        ["/description"] = "Description",
        ["/destinations"] = "Further public addresses",
        ["/domain"] = "Public address",
        ["/duration"] = "Duration",
        ["/enabled"] = "Enabled",
        ["/exclude"] = "Exclude",
        ["/expires_at"] = "Expires",
        ["/expires_on"] = "Expires",
        ["/hostname"] = "Address",
        ["/http_only_cookie_attribute"] = "HTTP only",
        ["/id"] = "Id",
        ["/include"] = "Include",
        ["/is_shared_oauth_callback_enabled"] = "Logins come back to the team domain",
        ["/is_ui_read_only"] = "Read only",
        ["/items"] = "Values",
        ["/login_design/footer_text"] = "Below it",
        ["/login_design/header_text"] = "Above the sign-in",
        ["/login_design/logo_path"] = "Logo",
        ["/logo_url"] = "Logo",
        ["/name"] = "Name",
        ["/oauth_client/authorization_endpoint"] = "Authorization endpoint",
        ["/oauth_client/client_id"] = "Client ID",
        ["/oauth_client/issuer"] = "Issuer",
        ["/oauth_client/scopes"] = "Scopes",
        ["/oauth_client/token_endpoint"] = "Token endpoint",
        ["/oauth_client/token_endpoint_auth_method"] = "It shows itself by",
        ["/oauth_configuration/dynamic_client_registration/allow_any_on_localhost"] = "Allow localhost clients",
        ["/oauth_configuration/dynamic_client_registration/allow_any_on_loopback"] = "Allow loopback clients",
        ["/oauth_configuration/dynamic_client_registration/allowed_uris"] = "Allowed redirect URIs",
        ["/oauth_configuration/dynamic_client_registration/enabled"] = "Dynamic client registration",
        ["/oauth_configuration/enabled"] = "Managed OAuth",
        ["/oauth_configuration/grant/access_token_lifetime"] = "Access token lifetime",
        ["/oauth_configuration/grant/refresh_grace"] = "Refresh grace",
        ["/oauth_configuration/grant/session_duration"] = "Grant session duration",
        ["/origin/activity_timeout"] = "Activity timeout",
        ["/origin/connect_timeout"] = "Connect timeout",
        ["/origin/no_tls_verify"] = "Accept any certificate of the origin",
        ["/origin/pass_bearer"] = "Pass the client's access token on",
        ["/origin/preserve_host"] = "Send the public host name",
        ["/origin/url"] = "Origin",
        ["/path_cookie_attribute"] = "Only for the application's path",
        ["/permissions"] = "Permissions",
        ["/policies"] = "Policies",
        ["/policies/precedence"] = "Policies \u203a Order",
        ["/read_service_tokens_from_header"] = "Service token header",
        ["/request_timeout"] = "Longest wait for an answer",
        ["/require"] = "Require",
        ["/revocation_staleness_limit"] = "Staleness limit",
        ["/same_site_cookie_attribute"] = "SameSite",
        ["/scim_config/enabled"] = "Provisioning",
        ["/scim_config/group_member_deprovision"] = "Sign out who is taken out of a group",
        ["/scim_config/identity_update_behavior"] = "When groups change there",
        ["/scim_config/seat_deprovision"] = "Free the seat with the account",
        ["/scim_config/user_deprovision"] = "End access with the account",
        ["/send_assertion"] = "Tell the server who is asking",
        ["/serve_stale_revocations"] = "Keep serving beyond the limit",
        ["/servers"] = "Servers",
        ["/service_token_inactivity/action"] = "Then",
        ["/service_token_inactivity/enabled"] = "End tokens that nobody uses",
        ["/service_token_inactivity/inactivity_threshold_days"] = "After so many days without use",
        ["/session_duration"] = "Browser session duration",
        ["/status"] = "State",
        ["/strict_service_token_auth"] = "A service token decides alone",
        ["/tags"] = "Tags",
        ["/tool_pinning"] = "New and changed tools",
    };

    /// <summary>By JSON pointer.</summary>
    public static IReadOnlyDictionary<string, string> Labels => s_labels;

    /// <summary>The name of a member by its JSON pointer, without the places in lists; a member without a form reads as it is called.</summary>
    public static string Of(string pointer)
    {
        ArgumentNullException.ThrowIfNull(pointer);
        if (s_labels.TryGetValue(pointer, out var label))
        {
            return label;
        }

        var slash = pointer.LastIndexOf('/');
        var own = Plain(pointer[(slash + 1)..]);
        return slash <= 0 ? own : $"{Of(pointer[..slash])} \u203a {own}";
    }

    /// <summary>The name of a member by itself, beside others of the same object.</summary>
    public static string OfMember(IReadOnlyList<string> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        return s_labels.GetValueOrDefault("/" + string.Join('/', members)) ?? Plain(members[^1]);
    }

    private static string Plain(string member)
    {
        var name = member.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal).Replace('_', ' ');
        return name.Length == 0 ? name : char.ToUpperInvariant(name[0]) + name[1..];
    }
}
