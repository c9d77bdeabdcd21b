using System.Net;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Testing;
using ManagedOAuth.Token.Tests.Support;
using Npgsql;

namespace ManagedOAuth.Token.Tests;

/// <summary>Two replicas that share nothing but PostgreSQL and Redis.</summary>
public sealed class ReplicaTests(ReplicaTests.Fixture fixture) : IClassFixture<ReplicaTests.Fixture>
{
    private const int Many = 50;

    private readonly TokenCluster _cluster = fixture.Cluster;

    [Fact]
    public async Task Code_RedeemedFiftyTimesAtOnce_IsIssuedOnce()
    {
        var code = await _cluster.CodeAsync();
        var answers = await AtOnceAsync(replica => replica.RedeemAsync(code));

        Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        Assert.All(answers.Where(answer => answer.Status != HttpStatusCode.OK), answer => Assert.Equal("invalid_grant", answer.Error));
        var grant = answers.Single(answer => answer.Tokens is not null).Tokens!.GrantId;
        Assert.Equal(["grant_issued", "grant_replay_detected"], await Audit.TypesAsync(_cluster, grant));
    }

    [Fact]
    public async Task RefreshToken_UsedFiftyTimesAtOnce_HasOneSuccessorThatEverybodyGets()
    {
        var tokens = await _cluster.LoginAsync();
        var answers = await AtOnceAsync(replica => replica.RefreshAsync(tokens.Refresh));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        var successor = Assert.Single(answers.Select(answer => answer.Tokens!.Refresh).Distinct());
        Assert.Equal(Many, answers.Select(answer => answer.Tokens!.Access).Distinct().Count());
        var events = await Audit.TypesAsync(_cluster, tokens.GrantId);
        Assert.Single(events, type => type == "grant_refreshed");
        Assert.Equal(Many - 1, events.Count(type => type == "grant_refresh_repeated"));
        Assert.Equal(HttpStatusCode.OK, (await _cluster.Replicas[1].RefreshAsync(successor)).Status);
    }

    [Fact]
    public async Task RefreshGrace_Zero_IsStrictAboutASecondUse()
    {
        var strict = Guid.NewGuid();
        AddApplication(strict, new GrantSettings { RefreshGrace = "0s" });
        var tokens = await LoginAtAsync(strict);
        Assert.Equal(HttpStatusCode.OK, (await _cluster.Replicas[0].RefreshAsync(tokens.Refresh, application: strict)).Status);
        Assert.Equal("invalid_grant", (await Reply.WhenAvailableAsync(() => _cluster.Replicas[1].RefreshAsync(tokens.Refresh, application: strict))).Error);
        Assert.Equal(["grant_issued", "grant_refreshed", "grant_replay_detected"], await Audit.TypesAsync(_cluster, tokens.GrantId));
    }

    [Fact]
    public async Task RefreshGrace_Over_ThePredecessorIsAReplayThatEndsTheGrant()
    {
        var brief = Guid.NewGuid();
        AddApplication(brief, new GrantSettings { RefreshGrace = "2s" });
        var tokens = await LoginAtAsync(brief);
        var successor = (await _cluster.Replicas[0].RefreshAsync(tokens.Refresh, application: brief)).Tokens!.Refresh;

        // Inside the window it gets the same successor, however often; behind it the grant is over, for the successor too.
        var given = new HashSet<string> { successor };
        await Eventually.Async(async () =>
        {
            var again = await _cluster.Replicas[1].RefreshAsync(tokens.Refresh, application: brief);
            given.Add(again.Tokens?.Refresh ?? successor);
            return again.Error == "invalid_grant";
        });
        Assert.Single(given);
        Assert.Equal("grant_replay_detected", (await Audit.TypesAsync(_cluster, tokens.GrantId))[^1]);
        Assert.Equal("invalid_grant", (await _cluster.Replicas[0].RefreshAsync(successor, application: brief)).Error);
    }

    [Fact]
    public async Task Keys_OfAllReplicas_AreTheSame()
    {
        // A replica that has just begun has read none yet.
        await Eventually.Passes(async () =>
        {
            var sets = new List<string>();
            foreach (var replica in _cluster.Replicas)
            {
                using var certs = await replica.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/cdn-cgi/access/certs"));
                sets.Add(await certs.Content.ReadAsStringAsync());
            }

            Assert.Single(sets.Distinct());
            var keys = await SealingKeysAsync(0);
            Assert.NotEmpty(keys);
            Assert.Equal(keys, await SealingKeysAsync(1));
        });
    }

    [Fact]
    public async Task RefreshTokenRevoked_ReachesTheFeedOfEveryReplica()
    {
        var tokens = await _cluster.LoginAsync();
        await using var feeds = new Feeds(_cluster);
        Assert.Equal(HttpStatusCode.OK, (await _cluster.Replicas[0].RevokeAsync(tokens.Refresh)).Status);
        await feeds.WaitForAsync(tokens.GrantId);

        Assert.Equal(HttpStatusCode.OK, (await _cluster.Replicas[1].RevokeAsync(tokens.Refresh)).Status);
        Assert.Equal("invalid_grant", (await _cluster.Replicas[1].RefreshAsync(tokens.Refresh)).Error);
        Assert.Equal(["grant_issued", "grant_revoked"], await Audit.TypesAsync(_cluster, tokens.GrantId));
    }

    [Fact]
    public async Task AccessTokenRevoked_EndsItselfAloneAndOnlyOnce()
    {
        var tokens = await _cluster.LoginAsync();
        await using var feeds = new Feeds(_cluster);
        Assert.Equal(HttpStatusCode.OK, (await _cluster.Replicas[0].RevokeAsync(tokens.Access)).Status);
        Assert.Equal(HttpStatusCode.OK, (await _cluster.Replicas[1].RevokeAsync(tokens.Access)).Status);
        var events = await Audit.EventsAsync(_cluster, tokens.GrantId);
        Assert.Equal(["grant_issued", "access_token_revoked"], events.Select(entry => entry.GetProperty("type").GetString()));
        await feeds.WaitForAsync(tokens.GrantId, events[1].GetProperty("data").GetProperty("token_id").GetGuid());

        Assert.False(feeds.Holds(tokens.GrantId));
        Assert.Equal(HttpStatusCode.OK, (await _cluster.Replicas[0].RefreshAsync(tokens.Refresh)).Status);
    }

    [Fact]
    public async Task Revocation_OfAForeignUnknownOrMissingToken_HasNoEffect()
    {
        _cluster.Peers.Clients["client-2"] = null;
        var tokens = await _cluster.LoginAsync();
        var replica = _cluster.Replicas[0];
        foreach (var token in (string[])[tokens.Refresh, tokens.Access])
        {
            Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), Pair(await replica.RevokeAsync(token, client: "client-2")));
        }

        Assert.Equal(HttpStatusCode.OK, (await replica.RevokeAsync("garbage")).Status);
        Assert.Equal(HttpStatusCode.OK, (await replica.RevokeAsync(A.RefreshToken(tokens.GrantId).Text)).Status);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_request"), Pair(await replica.PostAsync("/cdn-cgi/access/oauth/revoke", new() { ["client_id"] = A.ClientId })));
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), Pair(await replica.RevokeAsync(tokens.Refresh, client: "stranger")));
        Assert.Equal(["grant_issued"], await Audit.TypesAsync(_cluster, tokens.GrantId));

        // One that is over is no token of anybody.
        Assert.Equal(HttpStatusCode.OK, (await replica.RevokeAsync(tokens.Refresh)).Status);
        Assert.Equal(HttpStatusCode.OK, (await replica.RevokeAsync(tokens.Refresh, client: "client-2")).Status);
    }

    [Fact]
    public async Task Feed_ReaderThatComesBack_GetsOnlyWhatIsNew()
    {
        var before = await _cluster.LoginAsync();
        await _cluster.Replicas[0].RevokeAsync(before.Refresh);
        RevocationFrame last;
        await using (var first = new FeedReader(_cluster))
        {
            await first.WaitForAsync(before.GrantId);
            var position = first.Last!.Position;
            await Eventually.Async(() => first.Last!.Position >= position && first.Frames.Count > 2);
            Assert.True(first.Frames.First().Snapshot);
            last = first.Last!;
        }

        await using var again = new FeedReader(_cluster, 0, last.Position, last.Epoch);
        await again.FirstFrameAsync();
        Assert.False(again.Frames.First().Snapshot);

        await using var foreign = new FeedReader(_cluster, 0, last.Position, "another database");
        await foreign.WaitForAsync(before.GrantId);
        Assert.True(foreign.Frames.First().Snapshot);

        await using var future = new FeedReader(_cluster, 0, long.MaxValue, last.Epoch);
        await future.WaitForAsync(before.GrantId);
        Assert.True(future.Frames.First().Snapshot);
    }

    [Fact]
    public async Task Feed_StartedLater_HoldsWhatEndedBefore()
    {
        var tokens = await _cluster.LoginAsync();
        await _cluster.Replicas[0].RevokeAsync(tokens.Refresh);
        var late = await _cluster.AddReplicaAsync();
        try
        {
            await using var feed = new FeedReader(_cluster, _cluster.Replicas.Count - 1);
            await feed.WaitForAsync(tokens.GrantId);
        }
        finally
        {
            await _cluster.StopAsync(late);
        }
    }

    [Fact]
    public async Task Feed_WhileALongTransactionHoldsTheSequence_StillDeliversAtOnce()
    {
        var tokens = await _cluster.LoginAsync();
        await using var feeds = new Feeds(_cluster);
        await using var connection = new NpgsqlConnection(_cluster.Database);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var slow = new NpgsqlCommand("select nextval('token.mt_events_sequence')", connection, transaction))
        {
            await slow.ExecuteScalarAsync();
        }

        await _cluster.Replicas[0].RevokeAsync(tokens.Refresh);
        await feeds.WaitForAsync(tokens.GrantId);
        await transaction.RollbackAsync();
    }

    [Fact]
    public async Task Grant_WhoseDurationIsOver_ExpiresWithoutAnybodyAsking()
    {
        var brief = Guid.NewGuid();
        AddApplication(brief, new GrantSettings { AccessTokenLifetime = "5s", SessionDuration = "6s" });
        var tokens = await LoginAtAsync(brief);
        Assert.InRange(tokens.ExpiresIn, 0, 5);

        await Eventually.Async(async () => (await Audit.TypesAsync(_cluster, tokens.GrantId)).Contains("grant_expired"));
        Assert.Equal("invalid_grant", (await _cluster.Replicas[0].RefreshAsync(tokens.Refresh, application: brief)).Error);
        Assert.Equal(["grant_issued", "grant_expired"], await Audit.TypesAsync(_cluster, tokens.GrantId));
    }

    [Fact]
    public async Task SessionDuration_Shortened_EndsTheGrantAtItsNextRefresh()
    {
        var application = Guid.NewGuid();
        AddApplication(application, new GrantSettings { AccessTokenLifetime = "5s", SessionDuration = "336h" });
        var tokens = await LoginAtAsync(application);
        var position = AddApplication(application, new GrantSettings { AccessTokenLifetime = "5s", SessionDuration = "5s" });
        Assert.True(position > 0);
        var current = tokens.Refresh;
        await Eventually.Async(async () =>
        {
            var answer = await _cluster.Replicas[0].RefreshAsync(current, application: application);
            current = answer.Tokens?.Refresh ?? current;
            return answer.Error == "invalid_grant";
        });
        Assert.Equal("grant_expired", (await Audit.TypesAsync(_cluster, tokens.GrantId))[^1]);
    }

    private long AddApplication(Guid id, GrantSettings settings) => _cluster.Peers.Change(snapshot => snapshot with
    {
        Applications = snapshot.Applications.SetItem(id, A.Application(id) with { Aud = Guid.NewGuid().ToString("N") + Guid.NewGuid().ToString("N"), OauthConfiguration = new OAuthConfiguration { Grant = settings } }),
    });

    private async Task<Tokens> LoginAtAsync(Guid application)
    {
        // The replicas learn of a new application within moments; until then they say that they cannot tell.
        return await Eventually.Async(async () =>
        {
            var code = await _cluster.CodeAsync(request => request.ApplicationId = application.ToString());
            return (await _cluster.Replicas[0].RedeemAsync(code, application: application)).Tokens;
        });
    }

    private async Task<List<string>> SealingKeysAsync(int replica)
    {
        using var call = new Contracts.Token.Keys.KeysClient(_cluster.Replicas[replica].Channel).Watch(new KeysRequest(), _cluster.Headers("edge"));
        Assert.True(await call.ResponseStream.MoveNext(default));
        return [.. call.ResponseStream.Current.SealingKeys.Where(key => key.ApplicationId == A.ApplicationId.ToString()).Select(key => key.Key.ToBase64()).Order(StringComparer.Ordinal)];
    }

    private async Task<Reply[]> AtOnceAsync(Func<Replica, Task<Reply>> ask)
        => await Task.WhenAll(Enumerable.Range(0, Many).Select(i => Task.Run(() => Reply.WhenAvailableAsync(() => ask(_cluster.Replicas[i % 2])))));

    private static (HttpStatusCode, string?) Pair(Reply answer) => (answer.Status, answer.Error);

    private sealed class Feeds(TokenCluster cluster) : IAsyncDisposable
    {
        private readonly FeedReader[] _readers = [new FeedReader(cluster), new FeedReader(cluster, 1)];

        public Task WaitForAsync(Guid grantId, Guid? tokenId = null) => Task.WhenAll(_readers.Select(reader => reader.WaitForAsync(grantId, tokenId)));

        public bool Holds(Guid grantId) => _readers.Any(reader => reader.Holds(grantId));

        public async ValueTask DisposeAsync()
        {
            foreach (var reader in _readers)
            {
                await reader.DisposeAsync();
            }
        }
    }

    public sealed class Fixture : IAsyncLifetime
    {
        public TokenCluster Cluster { get; private set; } = null!;

        public async Task InitializeAsync() => Cluster = await TokenCluster.StartAsync(replicas: 2);

        public async Task DisposeAsync() => await Cluster.DisposeAsync();
    }
}
