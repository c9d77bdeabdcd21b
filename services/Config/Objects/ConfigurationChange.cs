using ManagedOAuth.Config.Feed;
using ManagedOAuth.Contracts.Configuration;
using Marten;

namespace ManagedOAuth.Config.Objects;

/// <summary>A change under way: it holds the lock of all writers until it is saved or disposed.</summary>
public sealed class ConfigurationChange(IDocumentSession session, ConfigurationState state, IDisposable turn) : IAsyncDisposable
{
    /// <summary>The unit of work; everything in it is saved in one transaction.</summary>
    public IDocumentSession Session => session;

    /// <summary>The configuration as it is under the lock: nobody else can change it before this change ends.</summary>
    public ConfigurationState State => state;

    /// <inheritdoc cref="State"/>
    public ConfigurationSnapshot Snapshot => state.Snapshot;

    /// <summary>What is going to be saved, and the configuration as it will be then.</summary>
    public ConfigurationDraft Draft { get; init; } = new(state);

    /// <summary>Gives the lock back; what was not saved is forgotten.</summary>
    public async ValueTask DisposeAsync()
    {
        await session.DisposeAsync();
        turn.Dispose();
    }
}
