using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.Grants;

/// <summary>JSON Schemas of grants and clients.</summary>
internal static class GrantShapes
{
    public static readonly string Grant = Of(
        ("id", Uuid), ("kind", OneOf("oauth", "browser")), ("status", OneOf("active", "ended")), ("application_id", Uuid), ("client_id", Text), ("client_name", Text), ("user_id", Uuid), ("email", Text),
        ("identity_provider_id", Uuid), ("scope", Text), ("resource", Text), ("login_at", Time), ("issued_at", Time), ("refreshed_at?", Time), ("last_used_at?", Time), ("expires_at", Time),
        ("generation", Integer), ("ended_at?", Time), ("end_reason?", Text),
        ("decision", Of(("outcome", Text), ("policy_id?", Uuid), ("policy_name?", Text), ("policy_version?", Integer), ("rule", Text))), ("version", Integer));

    /// <summary>What happened to a grant; <c>data</c> is the event's own.</summary>
    public static readonly string Event = Of(
        ("id", Uuid), ("sequence", Integer), ("version", Integer), ("type", Text), ("time", Time), ("actor", OrNull(Text)), ("actor_id?", Uuid), ("trace_id?", Text), ("causation_id?", Text), ("data?", MapOf(Any)));

    public static readonly string Client = Of(
        ("client_id", Text), ("client_name", Text), ("registration", Text), ("application_id", Uuid), ("application_name", OrNull(Text)), ("redirect_uris", Texts), ("refused_redirect_uris", Texts),
        ("grant_types", Texts), ("scope", Text), ("active_grants", Integer), ("registered_at", Time), ("expires_at", OrNull(Time)), ("revoked_at", OrNull(Time)));

    /// <summary>What happened to a client; <c>data</c> is the event's own.</summary>
    public static readonly string ClientEvent = Of(("id", Text), ("type", Text), ("time", Time), ("data", Any), ("actor", OrNull(Text)), ("actor_id?", Uuid));
}
