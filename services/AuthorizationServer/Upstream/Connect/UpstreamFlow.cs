using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ManagedOAuth.AuthorizationServer.Upstream.OAuth;
using ManagedOAuth.ServiceDefaults.HotStore;

namespace ManagedOAuth.AuthorizationServer.Upstream.Connect;

/// <summary>
/// A login at a server while the browser is there: what the answer's <c>state</c> stands for. Bound to one server, user, portal and browser; PKCE's
/// verifier comes from the browser's cookie, so an answer that another browser fetched fails by that too.
/// </summary>
public sealed record UpstreamFlow
{
    /// <summary><c>state</c>: 256 random bits. Not kept with the rest.</summary>
    [JsonIgnore]
    public string Id { get; init; } = "";

    public required UpstreamSubject Subject { get; init; }

    /// <summary>Hash of the flow cookie, at the domain where the login began.</summary>
    public required string BrowserHash { get; init; }

    /// <summary>The server's address when it began.</summary>
    public required string ServerUrl { get; init; }

    public required UpstreamAuthorization At { get; init; }

    public required UpstreamClient Client { get; init; }

    public required string RedirectUri { get; init; }
}

/// <summary>Who connects what, and for which portal.</summary>
/// <param name="ServerId">The server's record.</param>
/// <param name="UserId">Empty = the administrator, for everybody.</param>
/// <param name="PortalId">The portal's record; null only for the administrator.</param>
/// <param name="Actor">Who it is, for the audit trail.</param>
/// <param name="ReturnUrl">Where the administrator's browser goes at the end; empty = nowhere.</param>
public sealed record UpstreamSubject(Guid ServerId, Guid UserId, Guid? PortalId, string Actor, string ReturnUrl = "");

/// <summary>
/// Logins at servers that have begun, in the hot store for ten minutes, and invitations to begin one. Each can be used once. Keys hold a hash, and values
/// not even that: who reads the store learns no <c>state</c>.
/// </summary>
public sealed class UpstreamFlows(IHotStore store)
{
    /// <summary>How long a login may take.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    private const int Length = 43;

    /// <summary>256 random bits.</summary>
    public static string NewId() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public Task KeepAsync(UpstreamFlow flow, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(flow);
        return store.SetAsync(Key("login", flow.Id), JsonSerializer.SerializeToUtf8Bytes(flow, UpstreamFlowJson.Default.UpstreamFlow), Life, cancellation);
    }

    /// <summary>Reads without using it up; null when there is none.</summary>
    public async Task<UpstreamFlow?> FindAsync(string? id, CancellationToken cancellation)
        => await ReadAsync("login", id, UpstreamFlowJson.Default.UpstreamFlow, cancellation) is { } flow ? flow with { Id = id! } : null;

    /// <summary>Uses it up; true for exactly one caller.</summary>
    public async Task<bool> TakeAsync(UpstreamFlow flow, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(flow);
        return await store.TakeAsync(Key("login", flow.Id), cancellation) is not null;
    }

    /// <summary>Keeps an invitation; gives its id.</summary>
    public async Task<string> InviteAsync(UpstreamSubject subject, CancellationToken cancellation)
    {
        var id = NewId();
        await store.SetAsync(Key("invitation", id), JsonSerializer.SerializeToUtf8Bytes(subject, UpstreamFlowJson.Default.UpstreamSubject), Life, cancellation);
        return id;
    }

    /// <summary>The invitation; null when there is none.</summary>
    public Task<UpstreamSubject?> FindInvitationAsync(string? id, CancellationToken cancellation) => ReadAsync("invitation", id, UpstreamFlowJson.Default.UpstreamSubject, cancellation);

    /// <summary>Uses the invitation up; true for exactly one caller.</summary>
    public async Task<bool> TakeInvitationAsync(string id, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(id);
        return await store.TakeAsync(Key("invitation", id), cancellation) is not null;
    }

    private async Task<T?> ReadAsync<T>(string kind, string? id, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class
        => id is { Length: Length } && Base64Url.IsValid(id) && await store.GetAsync(Key(kind, id), cancellation) is { } bytes ? JsonSerializer.Deserialize(bytes, type) : null;

    private static string Key(string kind, string id) => $"upstream-{kind}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(id)))}";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(UpstreamFlow))]
[JsonSerializable(typeof(UpstreamSubject))]
internal sealed partial class UpstreamFlowJson : JsonSerializerContext;
