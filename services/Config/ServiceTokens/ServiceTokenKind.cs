using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.ApiTokens;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using Marten.Events;

namespace ManagedOAuth.Config.ServiceTokens;

/// <summary>Credentials of machines: <c>/access/service_tokens</c>.</summary>
public sealed class ServiceTokenKind(ApiTokenUses uses) : ObjectKind<ServiceToken, ServiceTokenObject>
{
    public override string Name => "service_token";

    public override string Path => "service_tokens";

    public override object Created(ServiceToken state) => new ServiceTokenCreated(state);

    public override object Changed(ServiceToken state) => new ServiceTokenChanged(state);

    public override object Removed(Guid id) => new ServiceTokenRemoved(id);

    public override Guid IdOf(ServiceToken state) => state.Id;

    public override DateTimeOffset CreatedAt(ServiceToken state) => state.CreatedAt;

    public override ServiceToken Stamp(ServiceToken state, long version, DateTimeOffset createdAt, DateTimeOffset updatedAt)
        => state with { Version = version, CreatedAt = createdAt, UpdatedAt = updatedAt };

    public override IEnumerable<ServiceToken> All(ConfigurationSnapshot snapshot)
        => snapshot.ServiceTokens.Values.OrderBy(token => token.CreatedAt).ThenBy(token => token.Id);

    /// <summary>Without the hashes: they are for the edges that compare, not for people.</summary>
    public override JsonNode Show(ServiceToken state, ConfigurationSnapshot snapshot)
    {
        var node = ApiEnvelope.ToNode(state, ConfigurationJson.Default.ServiceToken).AsObject();
        node.Remove("secret_hash");
        node.Remove("previous_secret_hash");
        if (uses.LastUseOf(state.Id) is { } seen)
        {
            node["last_seen_at"] = seen;
        }

        return node;
    }

    public override RequiredPermission Permissions { get; } = new(ApiPermission.ServiceTokensRead, ApiPermission.ServiceTokensWrite);

    /// <summary>With the secret that it has now.</summary>
    public override Task<ServiceToken> RestoreAsync(
        BodyReader body, ServiceToken old, ServiceToken last, bool removed, IEvent at, ConfigurationChange change, CancellationToken ct)
        => Task.FromResult(last with { Name = old.Name, Duration = old.Duration, ExpiresAt = old.ExpiresAt, Enabled = old.Enabled });
}
