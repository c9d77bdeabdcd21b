using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.Users;

/// <summary>JSON Schemas of what is shown of a user.</summary>
internal static class UserShapes
{
    public static readonly string User = Of(
        ("id", Uuid), ("uid", Uuid), ("email", Text), ("name", Text), ("access_seat", Flag), ("gateway_seat", Flag), ("active_device_count", Integer),
        ("last_successful_login", OrNull(Time)), ("created_at", Time), ("updated_at", Time),
        ("provisioned", ListOf(Of(("identity_provider_id", Uuid), ("cf_resource_id", Text), ("display_name", Text), ("active", Flag)))));

    /// <summary>Times in seconds since 1970; <c>apps</c> by audience tag.</summary>
    public static readonly string Session = Of(
        ("name", Text),
        ("expiration", Integer),
        ("metadata", Of(
            ("apps", MapOf(Of(("hostname", Text), ("name", Text), ("type", Text), ("uid", Uuid)))), ("nonce", Uuid), ("iat", Integer), ("expires", Integer), ("ttl", Integer), ("kind", Text),
            ("client_id", OrNull(Text)), ("client_name", OrNull(Text)))));

    public static readonly string LastIdentity = Of(
        ("email", Text), ("name", Text), ("user_uuid", Uuid), ("iat", Integer), ("idp", Of(("id", Uuid), ("type", Text), ("name", OrNull(Text)))), ("custom", MapOf(Texts)),
        ("is_gateway", Flag), ("is_warp", Flag), ("service_token_status", Flag));

    public static readonly string FailedLogin = Of(
        ("expiration", Integer),
        ("metadata", Of(
            ("app_name", OrNull(Text)), ("aud", OrNull(Text)), ("datetime", Time), ("ray_id", OrNull(Text)), ("user_email", OrNull(Text)), ("user_uuid", OrNull(Text)),
            ("policy_name", OrNull(Text)), ("rule", OrNull(Text)))));
}
