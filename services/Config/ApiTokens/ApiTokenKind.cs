using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;

namespace ManagedOAuth.Config.ApiTokens;

/// <summary>Tokens of the admin API: <c>/tokens</c>. They are in no snapshot: only this service needs them.</summary>
public sealed class ApiTokenKind(Feed.ConfigurationLog log, ApiTokenUses uses, TimeProvider clock) : ObjectKind<ApiToken, ApiTokenObject>
{
    public override string Name => "api_token";

    public override string Path => "tokens";

    public override object Created(ApiToken state) => new ApiTokenCreated(state);

    public override object Changed(ApiToken state) => new ApiTokenChanged(state);

    public override object Removed(Guid id) => new ApiTokenRemoved(id);

    public override Guid IdOf(ApiToken state) => state.Id;

    public override DateTimeOffset CreatedAt(ApiToken state) => state.CreatedAt;

    public override ApiToken Stamp(ApiToken state, long version, DateTimeOffset createdAt, DateTimeOffset updatedAt) 
        => state with { Version = version, CreatedAt = createdAt, UpdatedAt = updatedAt };

    public override IEnumerable<ApiToken> All(ConfigurationSnapshot snapshot) => log.Current.ApiTokens.Values.OrderBy(token => token.CreatedAt).ThenBy(token => token.Id);

    public override JsonNode Show(ApiToken state, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(state);
        var node = new JsonObject
        {
            ["id"] = state.Id,
            ["name"] = state.Name,
            ["status"] = state.ExpiresAt <= clock.GetUtcNow() ? "expired" : "active",
            ["permissions"] = new JsonArray([.. state.Permissions.Select(permission => JsonValue.Create(ApiPermissions.IdOf(permission)))]),
            ["version"] = state.Version,
            ["created_at"] = state.CreatedAt,
            ["issued_on"] = state.CreatedAt,
        };
        if (state.UpdatedAt != default)
        {
            node["modified_on"] = state.UpdatedAt;
        }

        if (uses.LastUseOf(state.Id) is { } used)
        {
            node["last_used_on"] = used;
        }

        if (state.ExpiresAt is { } expiry)
        {
            node["expires_at"] = expiry;
            node["expires_on"] = expiry;
        }

        return node;
    }

    public override JsonNode PatchBase(ApiToken state, ConfigurationSnapshot snapshot)
    {
        var shown = Show(state, snapshot).AsObject();
        shown.Remove("expires_on");
        return shown;
    }

    public override RequiredPermission Permissions { get; } = new(ApiPermission.ApiTokensRead, ApiPermission.ApiTokensWrite);

    public override bool IsUnderAccess => false;

    /// <summary>A token that was taken away, or a permission that was, does not come back by its history.</summary>
    public override bool IsRestorable => false;
}
