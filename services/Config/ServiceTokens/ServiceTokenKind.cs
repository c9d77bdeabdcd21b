using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.ApiTokens;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using ManagedOAuth.Contracts.Policies;
using Marten.Events;

namespace ManagedOAuth.Config.ServiceTokens;

/// <summary>Credentials of machines: <c>/access/service_tokens</c>.</summary>
public sealed class ServiceTokenKind(ApiTokenUses uses, TimeProvider clock) : ObjectKind<ServiceToken, ServiceTokenObject>
{
    public override string Name => "service_token";

    public override string Path => "service_tokens";

    public override object Created(ServiceToken state) => new ServiceTokenCreated(state);

    public override object Changed(ServiceToken state) => new ServiceTokenChanged(state);

    public override object Removed(Guid id) => new ServiceTokenRemoved(id);

    public override IReadOnlyDictionary<Guid, ServiceToken> In(ConfigurationSnapshot snapshot) => snapshot.ServiceTokens;

    protected override JsonTypeInfo<ServiceToken> Json => ConfigurationJson.Default.ServiceToken;

    public override IEnumerable<(string Name, string Description)> Narrows => [.. base.Narrows, ("expiring", "true: only enabled tokens that end within a week.")];

    /// <summary>As usual, and by <c>expiring=true</c>.</summary>
    public override Func<ServiceToken, bool> Narrowing(IQueryCollection query)
    {
        ArgumentNullException.ThrowIfNull(query);
        var usual = base.Narrowing(query);
        var now = clock.GetUtcNow();
        return query["expiring"] == "true" ? token => ExpiringTokens.Is(token, now) && usual(token) : usual;
    }

    /// <summary>A new one has a secret that nobody knows, until the caller gives it another.</summary>
    public override ServiceToken Read(BodyReader body, Guid id, ServiceToken? existing, ConfigurationDraft draft) => ServiceTokenReader.Read(body, id, existing, draft, clock.GetUtcNow());

    /// <summary>Without the hashes, which are for the edges that compare and not for people, and by the original's names.</summary>
    public override JsonNode Show(ServiceToken state, ConfigurationSnapshot snapshot)
    {
        var node = base.Show(state, snapshot).AsObject();
        node.Remove("secret_hash");
        node.Remove("previous_secret_hash");
        node.Remove("previous_secret_expires_at");
        if (state.PreviousSecretExpiresAt is { } grace)
        {
            node[ServiceTokenRotation.GraceMember] = grace;
        }

        if (uses.LastUseOf(state.Id) is { } seen)
        {
            node["last_seen_at"] = seen;
        }

        return node;
    }

    public override string? LeftToDo(JsonElement body, ConfigurationRecord? existing) => existing is null ? "its secret is a new one that nobody knows: rotate it" : null;

    /// <summary>Without anything about the secret.</summary>
    public override JsonObject Export(ServiceToken state, ConfigurationSnapshot snapshot)
    {
        var node = base.Export(state, snapshot);
        foreach (var member in (string[])["secret_hash", "previous_secret_hash", "previous_secret_expires_at", "client_secret_version"])
        {
            node.Remove(member);
        }

        return node;
    }

    public override string? InUse(Guid id, ConfigurationSnapshot snapshot)
        => RuleUsers.First(snapshot, rule => rule is Rule.ServiceToken token && token.TokenId == id) is { } user ? $"the service token is used by {user}" : null;

    /// <summary>The secret is in the answer that makes it, and there alone.</summary>
    public override ObjectShape Shape { get; } = new()
    {
        Hidden = ["secret_hash", "previous_secret_hash", "previous_secret_expires_at"],
        SetHere = ["client_id", "expires_at"],
        Answered = new Dictionary<string, string>
        {
            ["client_secret"] = """{"type":"string","description":"Only where it is made: by the creation, a rotation, or a change to a greater client_secret_version."}""",
            [ServiceTokenRotation.GraceMember] = ObjectShape.Time,
            ["last_seen_at"] = ObjectShape.Time,
        },
        Taken = new Dictionary<string, string> { [ServiceTokenRotation.GraceMember] = ObjectShape.Time },
    };

    public override RequiredPermission Permissions { get; } = new(ApiPermission.ServiceTokensRead, ApiPermission.ServiceTokensWrite);

    /// <summary>With the secret that it has now.</summary>
    public override Task<ServiceToken> RestoreAsync(
        BodyReader body, ServiceToken old, ServiceToken last, bool removed, IEvent at, ConfigurationChange change, CancellationToken ct)
        => Task.FromResult(last with { Name = old.Name, Duration = old.Duration, ExpiresAt = old.ExpiresAt, Enabled = old.Enabled });
}
