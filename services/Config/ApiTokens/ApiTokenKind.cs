using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Config.ServiceTokens;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using ManagedOAuth.Contracts.Tokens;

namespace ManagedOAuth.Config.ApiTokens;

/// <summary>Tokens of the admin API: <c>/tokens</c>. They are in no snapshot: only this service needs them.</summary>
public sealed class ApiTokenKind(Feed.ConfigurationLog log, ApiTokenUses uses, TimeProvider clock, IHttpContextAccessor http, IConfiguration configuration) : ObjectKind<ApiToken, ApiTokenObject>
{
    private readonly string _account = AccountFilter.IdOf(configuration);

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
        return ApiTokenReader.Read(body, token, caller, _account, clock.GetUtcNow());
    }

    public override JsonNode Show(ApiToken state, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(state);
        var node = new JsonObject
        {
            ["id"] = state.Id,
            ["name"] = state.Name,
            ["status"] = state.StatusOf(clock.GetUtcNow()),
            ["permissions"] = new JsonArray([.. state.Permissions.Select(permission => JsonValue.Create(ApiPermissions.IdOf(permission)))]),
            ["policies"] = ApiTokenPolicies.Show(state, _account),
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

        if (state.NotBefore is { } beginning)
        {
            node["not_before"] = beginning;
        }

        if (Condition(state) is { } condition)
        {
            node["condition"] = condition;
        }

        return node;
    }

    public override JsonNode PatchBase(ApiToken state, ConfigurationSnapshot snapshot)
    {
        var shown = Show(state, snapshot).AsObject();
        shown.Remove("expires_on");
        return shown;
    }

    /// <summary>The token is in the answer that makes it, and there alone.</summary>
    public override ObjectShape Shape { get; } = ShapeOf();

    public override RequiredPermission Permissions { get; } = new(ApiPermission.ApiTokensRead, ApiPermission.ApiTokensWrite);

    public override bool IsUnderAccess => false;

    /// <summary>A token that was taken away, or a permission that was, does not come back by its history.</summary>
    public override bool IsRestorable => false;

    public override bool IsTransferable => false;

    private static JsonObject? Condition(ApiToken state)
    {
        var addresses = new JsonObject();
        foreach (var (member, networks) in new[] { ("in", state.RequestIpIn), ("not_in", state.RequestIpNotIn) })
        {
            if (networks is not null)
            {
                addresses[member] = new JsonArray([.. networks.Select(network => JsonValue.Create(network))]);
            }
        }

        return addresses.Count == 0 ? null : new JsonObject { ["request_ip"] = addresses };
    }

    private static ObjectShape ShapeOf()
    {
        const string Condition = """{"type":"object","properties":{"request_ip":{"type":"object","properties":{"in":{"type":"array","items":{"type":"string"}},"not_in":{"type":"array","items":{"type":"string"}}}}}}""";
        const string Policies = """{"type":"array","items":{"type":"object","properties":{"id":{"type":"string"},"effect":{"const":"allow"},"resources":{"type":"object"},"permission_groups":{"type":"array","items":{"type":"object","properties":{"id":{"type":"string"},"name":{"type":"string"}}}}}}}""";
        var both = new Dictionary<string, string>
        {
            ["name"] = ObjectShape.Text,
            ["status"] = """{"enum":["active","disabled","expired"]}""",
            ["permissions"] = ObjectShape.Texts,
            ["policies"] = Policies,
            ["condition"] = Condition,
            ["not_before"] = ObjectShape.Time,
            ["expires_on"] = ObjectShape.Time,
            ["expires_at"] = ObjectShape.Time,
        };
        return new ObjectShape
        {
            HasMembersOfTheRecord = false,
            Taken = both,
            Answered = new Dictionary<string, string>(both)
            {
                ["id"] = ObjectShape.Uuid,
                ["value"] = """{"type":"string","description":"The token itself; only where it is made."}""",
                ["version"] = """{"type":"integer"}""",
                ["created_at"] = ObjectShape.Time,
                ["issued_on"] = ObjectShape.Time,
                ["modified_on"] = ObjectShape.Time,
                ["last_used_on"] = ObjectShape.Time,
            },
        };
    }
}
