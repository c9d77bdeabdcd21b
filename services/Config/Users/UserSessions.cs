using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Users;

/// <summary>The original's shapes of sessions, identities and failed logins, made from what the services keep.</summary>
internal static class UserSessions
{
    /// <summary>A live grant as an active session: its id is the nonce.</summary>
    public static JsonNode Show(JsonObject grant, ConfigurationSnapshot snapshot)
    {
        var (issued, expires) = (Seconds(grant, "issued_at"), Seconds(grant, "expires_at"));
        var nonce = (string?)grant["id"];
        return new JsonObject
        {
            ["name"] = $"{grant["user_id"]}_{nonce}",
            ["expiration"] = expires,
            ["metadata"] = new JsonObject
            {
                ["apps"] = Application((string?)grant["application_id"], snapshot),
                ["nonce"] = nonce,
                ["iat"] = issued,
                ["expires"] = expires,
                ["ttl"] = expires - issued,
                ["kind"] = (string?)grant["kind"],
                ["client_id"] = (string?)grant["client_id"],
                ["client_name"] = (string?)grant["client_name"],
            },
        };
    }

    /// <summary>Who the user was when access was last given or refreshed.</summary>
    public static JsonNode ShowIdentity(ReadOnlySpan<byte> json, DirectoryUser user, ConfigurationSnapshot snapshot)
    {
        var identity = JsonSerializer.Deserialize(json, ConfigurationJson.Default.Identity)!;
        return new JsonObject
        {
            ["email"] = identity.Email,
            ["name"] = identity.Email,
            ["user_uuid"] = user.Id,
            ["iat"] = identity.AuthenticatedAt.ToUnixTimeSeconds(),
            ["idp"] = new JsonObject
            {
                ["id"] = identity.IdentityProviderId,
                ["type"] = identity.IdentityProviderType,
                ["name"] = snapshot.IdentityProviders.GetValueOrDefault(identity.IdentityProviderId)?.Name,
            },
            ["custom"] = new JsonObject(identity.Claims.Select(claim => KeyValuePair.Create<string, JsonNode?>(claim.Key, new JsonArray([.. claim.Value.Select(value => JsonValue.Create(value))])))),
            ["is_gateway"] = false,
            ["is_warp"] = false,
            ["service_token_status"] = false,
        };
    }

    /// <summary>A refused login.</summary>
    public static JsonNode ShowFailure(JsonObject line, ConfigurationSnapshot snapshot) => new JsonObject
    {
        ["expiration"] = (long)line["at"]! / 1_000_000,
        ["metadata"] = new JsonObject
        {
            ["app_name"] = ApplicationOf((string?)line["application_id"], snapshot)?.Name,
            ["aud"] = ApplicationOf((string?)line["application_id"], snapshot)?.Aud,
            ["datetime"] = DateTimeOffset.UnixEpoch.AddMicroseconds((long)line["at"]!),
            ["ray_id"] = (string?)line["flow_id"],
            ["user_email"] = (string?)line["email"],
            ["user_uuid"] = (string?)line["user_id"],
            ["policy_name"] = (string?)line["policy_name"],
            ["rule"] = (string?)line["rule"],
        },
    };

    private static JsonObject Application(string? id, ConfigurationSnapshot snapshot)
        => ApplicationOf(id, snapshot) is { } application
            ? new JsonObject
            {
                [application.Aud] = new JsonObject
                {
                    ["hostname"] = application.Domain,
                    ["name"] = application.Name,
                    ["type"] = JsonSerializer.SerializeToNode(application.Type, ConfigurationJson.Default.ApplicationType),
                    ["uid"] = application.Id,
                },
            }
            : [];

    private static Application? ApplicationOf(string? id, ConfigurationSnapshot snapshot)
        => Guid.TryParse(id, out var parsed) ? snapshot.Applications.GetValueOrDefault(parsed) : null;

    private static long Seconds(JsonObject node, string member) => node[member]!.GetValue<DateTimeOffset>().ToUnixTimeSeconds();
}
