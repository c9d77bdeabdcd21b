using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Grpc.Core;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Contracts.ConfigFeed;
using ManagedOAuth.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ManagedOAuth.Config.Tests.Feed;

[Collection(ConfigCollection.Name)]
public sealed class ConfigFeedTests(ConfigHost host)
{
    private const string Access = "/client/v4/accounts/default/access";

    [Fact]
    public async Task Watch_StartsWithASnapshotAndGoesOnWithChanges()
    {
        using var call = Watch("edge", new WatchRequest());
        var first = await NextAsync(call);
        Assert.True(first.Snapshot);
        Assert.NotEmpty(first.Epoch);

        var id = await CreateGroupAsync("feed");
        var change = await NextAsync(call, frame => frame.Entries.Any(entry => entry.Id == id));
        Assert.False(change.Snapshot);
        Assert.True(change.Position > first.Position);
        Assert.Contains("\"name\":\"feed\"", change.Entries.Single(entry => entry.Id == id).Json.ToStringUtf8(), StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.Accepted, (await host.Api.DeleteAsync($"{Access}/groups/{id}")).StatusCode);
        var removal = await NextAsync(call, frame => frame.Entries.Any(entry => entry.Id == id));
        Assert.True(removal.Entries.Single(entry => entry.Id == id).Deleted);
    }

    [Fact]
    public async Task Watch_FromAKnownPosition_SendsOnlyWhatChangedSince()
    {
        string epoch;
        long position;
        using (var call = Watch("token", new WatchRequest()))
        {
            var first = await NextAsync(call);
            (epoch, position) = (first.Epoch, first.Position);
        }

        var id = await CreateGroupAsync("later");
        using var resumed = Watch("token", new WatchRequest { Epoch = epoch, AfterPosition = position });
        var frame = await NextAsync(resumed, candidate => candidate.Entries.Any(entry => entry.Id == id));
        Assert.Equal(position == 0, frame.Snapshot);
    }

    [Fact]
    public async Task Watch_WithAnotherEpoch_SendsTheWholeSnapshot()
    {
        using var call = Watch("token", new WatchRequest { Epoch = "another", AfterPosition = 1 });
        Assert.True((await NextAsync(call)).Snapshot);
    }

    [Fact]
    public async Task Watch_ShowsHashesOfServiceTokensToEdgeAlone()
    {
        var answer = await host.Api.PostAsJsonAsync($"{Access}/service_tokens", new { name = "feed token" });
        var id = (string)(await ConfigHost.ReadAsync(answer))["result"]!["id"]!;
        foreach (var (caller, hashes) in new[] { ("edge", true), ("token", false), ("authorization-server", false) })
        {
            using var call = Watch(caller, new WatchRequest());
            var json = (await NextAsync(call, frame => frame.Entries.Any(entry => entry.Id == id))).Entries.Single(entry => entry.Id == id).Json.ToStringUtf8();
            Assert.Equal(hashes, JsonNode.Parse(json)!["secret_hash"]!.GetValue<string>().Length == 64);
        }
    }

    [Fact]
    public async Task Watch_ByAServiceThatMayNot_IsRefused()
    {
        using var call = Watch("config", new WatchRequest());
        var refused = await Assert.ThrowsAsync<RpcException>(() => NextAsync(call));
        Assert.True(refused.StatusCode is StatusCode.PermissionDenied or StatusCode.Unauthenticated);
        using var nobody = new ConfigFeed.ConfigFeedClient(host.Grpc).Watch(new WatchRequest(), cancellationToken: new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token);
        refused = await Assert.ThrowsAsync<RpcException>(() => NextAsync(nobody));
        Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
    }

    [Fact]
    public async Task Change_AtOneReplica_ReachesTheFeedOfAnother()
    {
        using var second = await host.AddReplicaAsync();
        using var call = Watch("edge", new WatchRequest());
        await NextAsync(call);
        var id = await CreateGroupAsync("replicated");
        Assert.Contains((await NextAsync(call, frame => frame.Entries.Any(entry => entry.Id == id))).Entries, entry => entry.Id == id);
        await Eventually.Async(async () => (await second.GetAsync($"{Access}/groups/{id}")).StatusCode == HttpStatusCode.OK);
    }

    [Fact]
    public async Task Load_DuringAChange_LeavesNoReaderOfBeforeWithoutIt()
    {
        await CreateGroupAsync("before the load");
        var before = host.Services.GetRequiredService<ConfigurationLog>().Current.Snapshot.Position;
        var database = host.Services.GetRequiredService<NpgsqlDataSource>();
        Task<ConfigurationState> load;
        string id;
        await using (var connection = await database.OpenConnectionAsync())
        {
            // Applications are the first that a load reads, after the position; it waits there while a group is made.
            await using var transaction = await connection.BeginTransactionAsync();
            await new NpgsqlCommand("lock table config.mt_doc_applicationobject", connection).ExecuteNonQueryAsync();
            load = Task.Run(() => host.Services.GetRequiredService<ConfigurationLoader>().LoadAsync(default));
            await Eventually.Async(async () =>
            {
                await using var waiting = database.CreateCommand("select exists(select from pg_locks where relation = 'config.mt_doc_applicationobject'::regclass and not granted)");
                return (bool)(await waiting.ExecuteScalarAsync())!;
            });
            id = await CreateGroupAsync("during the load");
        }

        var state = await load;
        Assert.True(state.Entries.ContainsKey(Guid.Parse(id)));

        // A reader at the old position either gets it as a change, or is too old for this process and gets everything.
        Assert.True(before < state.Floor || state.Since(before).Any(entry => entry.Id == Guid.Parse(id)), $"a reader at {before} goes on from {state.Floor}");
    }

    private async Task<string> CreateGroupAsync(string name)
    {
        var answer = await host.Api.PostAsync($"{Access}/groups", JsonContent.Create(JsonNode.Parse($$"""{"name":"{{name}}","include":[{"everyone":{} } ]}""")));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (string)(await ConfigHost.ReadAsync(answer))["result"]!["id"]!;
    }

    private AsyncServerStreamingCall<ConfigFrame> Watch(string caller, WatchRequest request)
        => new ConfigFeed.ConfigFeedClient(host.Grpc).Watch(
            request,
            new Metadata { { "x-managedoauth-service", host.CredentialOf(caller) } },
            cancellationToken: new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token);

    private static async Task<ConfigFrame> NextAsync(AsyncServerStreamingCall<ConfigFrame> call, Func<ConfigFrame, bool>? wanted = null)
    {
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            if (wanted?.Invoke(call.ResponseStream.Current) ?? true)
            {
                return call.ResponseStream.Current;
            }
        }

        throw new InvalidOperationException("The feed ended.");
    }
}
