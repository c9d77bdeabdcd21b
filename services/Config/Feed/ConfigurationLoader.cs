using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;
using Marten;
using Marten.Events;

namespace ManagedOAuth.Config.Feed;

/// <summary>
/// Reads the configuration: at first from the snapshots of all objects, afterwards from the events since. Every change is saved under one
/// advisory lock (<see cref="ConfigurationWriter"/>), so positions become visible in their order and none can appear behind a reader.
/// </summary>
public sealed class ConfigurationLoader(IDocumentStore store, TimeProvider clock)
{
    private const int PageSize = 1000;

    /// <summary>The whole configuration as it is now.</summary>
    public async Task<ConfigurationState> LoadAsync(CancellationToken ct)
    {
        await using var session = store.QuerySession();

        // Position first: an object that changes while the snapshots are read is then read again as an event.
        var last = await session.Events.QueryEventsAsync(new EventQuery { Descending = true, PageSize = 1 }, ct);
        var position = last.Events.Count == 0 ? 0 : last.Events[0].Sequence;
        var epoch = await session.LoadAsync<FeedEpoch>(FeedEpoch.DocumentId, ct);
        var state = ConfigurationState.Empty with
        {
            Snapshot = ConfigurationSnapshot.Empty with { Epoch = epoch?.Value ?? throw new InvalidOperationException("The feed's epoch has not been written yet.") },
        };
        state = await LoadAsync<Application, ApplicationObject>("application", state, session, ct);
        state = await LoadAsync<Policy, PolicyObject>("policy", state, session, ct);
        state = await LoadAsync<Group, GroupObject>("group", state, session, ct);
        state = await LoadAsync<IdentityProvider, IdentityProviderObject>("identity_provider", state, session, ct);
        state = await LoadAsync<ServiceToken, ServiceTokenObject>("service_token", state, session, ct);
        state = await LoadAsync<Organization, OrganizationObject>("organization", state, session, ct);
        state = await LoadAsync<AccessList, AccessListObject>("list", state, session, ct);
        state = await LoadAsync<CustomPage, CustomPageObject>("custom_page", state, session, ct);
        state = await LoadAsync<Tag, TagObject>("tag", state, session, ct);
        state = await LoadAsync<McpServer, McpServerObject>("mcp_server", state, session, ct);
        state = await LoadAsync<McpPortal, McpPortalObject>("mcp_portal", state, session, ct);
        state = await LoadAsync<McpCatalog, McpCatalogObject>("mcp_catalog", state, session, ct);
        state = await LoadApiTokensAsync(state, session, ct);
        var now = await CatchUpAsync(state.At(position), ct);

        // What was saved during the load came with its object and has no position of its own: readers from before go on with everything.
        return now with { Floor = now.Snapshot.Position };
    }

    /// <summary>The configuration with everything that was saved since.</summary>
    public async Task<ConfigurationState> CatchUpAsync(ConfigurationState state, CancellationToken ct)
    {
        await using var session = store.QuerySession();
        return await CatchUpAsync(state, session, ct);
    }

    /// <inheritdoc cref="CatchUpAsync(ConfigurationState, CancellationToken)"/>
    /// <param name="state">What is known.</param>
    /// <param name="session">Reads in its transaction, if it has one.</param>
    /// <param name="ct">Cancels the read.</param>
    public async Task<ConfigurationState> CatchUpAsync(ConfigurationState state, IQuerySession session, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(session);
        var readAt = clock.GetUtcNow();
        while (true)
        {
            var page = await session.Events.QueryEventsAsync(new EventQuery { After = state.Snapshot.Position, PageSize = PageSize }, ct);
            foreach (var e in page.Events)
            {
                state = state.After(e.Data, e.StreamId, e.Version, e.Sequence);
            }

            if (page.Events.Count < PageSize)
            {
                return state with { ReadAt = readAt };
            }
        }
    }

    private static async Task<ConfigurationState> LoadAsync<TState, TObject>(string kind, ConfigurationState state, IQuerySession session, CancellationToken ct)
        where TState : class
        where TObject : ConfigurationObject<TState>
    {
        await foreach (var item in AllAsync<TState, TObject>(session, ct))
        {
            state = state.With(kind, item.Id, item.Version, 0, item.Removed ? null : item.State);
        }

        return state;
    }

    private static async Task<ConfigurationState> LoadApiTokensAsync(ConfigurationState state, IQuerySession session, CancellationToken ct)
    {
        await foreach (var item in AllAsync<ApiToken, ApiTokenObject>(session, ct))
        {
            if (!item.Removed)
            {
                state = state with { ApiTokens = state.ApiTokens.SetItem(item.State!.Hash, item.State) };
            }
        }

        return state;
    }

    private static async IAsyncEnumerable<TObject> AllAsync<TState, TObject>(
        IQuerySession session, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
        where TState : class
        where TObject : ConfigurationObject<TState>
    {
        var after = Guid.Empty;
        while (true)
        {
            var page = await session.QueryAsync<TObject>("where id > ? order by id limit ?", ct, after, PageSize);
            foreach (var item in page)
            {
                yield return item;
                after = item.Id;
            }

            if (page.Count < PageSize)
            {
                yield break;
            }
        }
    }
}
