using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ManagedOAuth.ServiceDefaults.HotStore;

namespace ManagedOAuth.AuthorizationServer.Login.Provider;

/// <summary>States in the hot store, each usable once and no longer than its transaction. Keys hold a hash: who reads the store learns no state.</summary>
public sealed class ProviderStates(IHotStore store)
{
    private const int Length = 43;

    /// <summary>A new state.</summary>
    public static string NewId() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>Keeps a state for the given time.</summary>
    public Task KeepAsync(ProviderState state, TimeSpan life, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(state);
        return store.SetAsync(Key(state.Id), JsonSerializer.SerializeToUtf8Bytes(state, ProviderStateJson.Default.ProviderState), life, cancellation);
    }

    /// <summary>Reads without using it up; null when there is none.</summary>
    public async Task<ProviderState?> FindAsync(string? id, CancellationToken cancellation)
        => id is { Length: Length } && Base64Url.IsValid(id) && await store.GetAsync(Key(id), cancellation) is { } bytes
            ? JsonSerializer.Deserialize(bytes, ProviderStateJson.Default.ProviderState)
            : null;

    /// <summary>Uses it up; true for exactly one caller.</summary>
    public async Task<bool> TakeAsync(ProviderState state, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(state);
        return await store.TakeAsync(Key(state.Id), cancellation) is not null;
    }

    private static string Key(string id) => "provider-login:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(id)));
}
