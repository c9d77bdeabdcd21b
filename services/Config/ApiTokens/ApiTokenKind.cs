using System.Text.Json.Nodes;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;

namespace ManagedOAuth.Config.ApiTokens;

/// <summary>Tokens of the admin API: <c>/tokens</c>. They are in no snapshot: only this service needs them.</summary>
public sealed class ApiTokenKind(Feed.ConfigurationLog log) : ObjectKind<ApiToken, ApiTokenObject>
{
    public override string Name => "api_token";

    public override string Path => "tokens";

    public override object Created(ApiToken state) => new ApiTokenCreated(state);

    public override object Changed(ApiToken state) => throw new InvalidOperationException("An API token is made and removed, never changed.");

    public override object Removed(Guid id) => new ApiTokenRemoved(id);

    public override Guid IdOf(ApiToken state) => state.Id;

    public override DateTimeOffset CreatedAt(ApiToken state) => state.CreatedAt;

    public override ApiToken Stamp(ApiToken state, long version, DateTimeOffset createdAt, DateTimeOffset updatedAt) => state with { Version = version, CreatedAt = createdAt };

    public override IEnumerable<ApiToken> All(ConfigurationSnapshot snapshot) => log.Current.ApiTokens.Values.OrderBy(token => token.CreatedAt).ThenBy(token => token.Id);

    public override JsonNode Show(ApiToken state, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(state);
        var node = new JsonObject
        {
            ["id"] = state.Id,
            ["name"] = state.Name,
            ["permissions"] = new JsonArray([.. state.Permissions.Select(permission => JsonValue.Create(permission == ApiPermission.Write ? "write" : "read"))]),
            ["created_at"] = state.CreatedAt,
        };
        if (state.ExpiresAt is { } expiry)
        {
            node["expires_at"] = expiry;
        }

        return node;
    }
}
