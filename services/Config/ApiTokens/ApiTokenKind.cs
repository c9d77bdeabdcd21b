using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.ServiceTokens;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using ManagedOAuth.Contracts.Tokens;

namespace ManagedOAuth.Config.ApiTokens;

/// <summary>Tokens of the admin API: <c>/tokens</c>. They are in no snapshot: only this service needs them.</summary>
public sealed class ApiTokenKind(Feed.ConfigurationLog log, ApiTokenUses uses, TimeProvider clock, IHttpContextAccessor http) : ObjectKind<ApiToken, ApiTokenObject>
{
    public override string Name => "api_token";

    public override string Path => "tokens";

    public override object Created(ApiToken state) => new ApiTokenCreated(state);

    public override object Changed(ApiToken state) => new ApiTokenChanged(state);

    public override object Removed(Guid id) => new ApiTokenRemoved(id);

    public override IReadOnlyDictionary<Guid, ApiToken> In(ConfigurationSnapshot snapshot) => log.Current.ApiTokens.Values.ToDictionary(token => token.Id);

    protected override JsonTypeInfo<ApiToken> Json => ConfigJson.Default.ApiToken;

    /// <summary>A new one is a token that nobody knows, until the caller gives it another. Nobody gives more than they have.</summary>
    public override ApiToken Read(BodyReader body, Guid id, ApiToken? existing, ConfigurationDraft draft)
    {
        ArgumentNullException.ThrowIfNull(body);
        var caller = ApiCaller.Of(http.HttpContext) ?? throw new InvalidOperationException("API tokens are written by callers of the admin API alone.");
        if (existing is not null)
        {
            body.RefuseMoreThan(existing, caller);
        }

        var token = existing ?? new ApiToken { Id = id, Name = "", Hash = ServiceTokenSecret.Hash(ServiceTokenSecret.Create(SecretPrefixes.ApiToken)), Permissions = [] };
        return ApiTokenReader.Read(body, token, caller, clock.GetUtcNow());
    }

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

    public override bool IsTransferable => false;
}
