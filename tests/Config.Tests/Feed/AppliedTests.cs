using System.Net;
using Grpc.Core;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Contracts.ConfigFeed;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using static ManagedOAuth.Config.Tests.Support.ApiCalls;

namespace ManagedOAuth.Config.Tests.Feed;

/// <summary>Waiting until a change is in force everywhere. A host of its own: its readers are nobody else's.</summary>
public sealed class AppliedTests : IAsyncLifetime
{
    private const string Group = """{"name":"applied","include":[{"everyone":{}}]}""";

    private readonly ConfigHost _host = new();

    public Task InitializeAsync() => _host.InitializeAsync();

    public Task DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Wait_EndsWhenEveryReaderHasTheChange()
    {
        // Another replica is asked than the one that the readers tell.
        var told = Client();
        using var asked = await _host.AddReplicaAsync();
        using var watch = told.Watch(new WatchRequest(), Headers("edge"));
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        var epoch = watch.ResponseStream.Current.Epoch;
        await Report(told, "edge", "one", epoch, watch.ResponseStream.Current.Position);
        await Report(told, "token", "two", epoch, watch.ResponseStream.Current.Position);
        var change = asked.Call("POST", $"{Access}/groups?wait=applied&timeout=30s", Group);
        var position = await NextChange(watch);
        await Report(told, "edge", "one", epoch, position);
        Assert.False(change.IsCompleted);
        await Report(told, "token", "two", epoch, position);

        var answer = await change;
        Assert.Equal(HttpStatusCode.Created, answer.Status);
        Assert.True((bool)answer.Info["applied"]!["everywhere"]!);
        Assert.Equal(2, answer.Info["applied"]!["readers"]!.AsArray().Count);
        Assert.Empty(answer.Body["messages"]!.AsArray());
    }

    [Fact]
    public async Task Wait_ThatIsOver_TellsWhoIsBehind()
    {
        await Report(Client(), "edge", "slow", "another epoch", 1);
        var answer = await _host.Api.Call("POST", $"{Access}/groups?wait=applied&timeout=100ms", Group);
        Assert.Equal(HttpStatusCode.Created, answer.Status);
        Assert.False((bool)answer.Info["applied"]!["everywhere"]!);
        Assert.Equal(12142, (int)answer.Body["messages"]![0]!["code"]!);
        var status = await _host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/changes/status");
        Assert.Equal("slow", (string)status["readers"]![0]!["reader"]!);
        Assert.Equal(HttpStatusCode.BadRequest, (await _host.Api.Call("POST", $"{Access}/groups?wait=applied&timeout=1h", Group)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await _host.Api.Call("POST", $"{Access}/groups?wait=forever", Group)).Status);
    }

    [Fact]
    public async Task Status_NamesWhoWasHeardOfAndIsSilent_AndForgetsThem()
    {
        await using (var session = _host.Services.GetRequiredService<IDocumentStore>().LightweightSession())
        {
            foreach (var (name, minutes) in new[] { ("cut off", 5), ("long gone", 90) })
            {
                session.Store(new FeedReader($"edge:{name}", "edge", name, "epoch", 1, DateTimeOffset.UtcNow.AddMinutes(-minutes)));
            }

            await session.SaveChangesAsync();
        }

        var status = await _host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/changes/status");
        Assert.Equal(["cut off"], status["silent"]!.AsArray().Select(reader => (string)reader!["reader"]!));
        Assert.DoesNotContain(status["readers"]!.AsArray(), reader => (string)reader!["reader"]! == "cut off");
    }

    private static async Task<long> NextChange(AsyncServerStreamingCall<ConfigFrame> watch)
    {
        while (await watch.ResponseStream.MoveNext(CancellationToken.None))
        {
            if (watch.ResponseStream.Current.Entries.Count > 0)
            {
                return watch.ResponseStream.Current.Position;
            }
        }

        throw new InvalidOperationException("The feed ended.");
    }

    private ConfigFeed.ConfigFeedClient Client() => new(_host.Grpc);

    private Metadata Headers(string service) => new() { { "x-managedoauth-service", _host.CredentialOf(service) } };

    private async Task Report(ConfigFeed.ConfigFeedClient client, string service, string reader, string epoch, long position)
        => await client.AppliedAsync(new AppliedRequest { Reader = reader, Epoch = epoch, Position = position }, Headers(service));
}
