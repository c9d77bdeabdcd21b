using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Testing;
using ManagedOAuth.Token.Tests.Support;
using Npgsql;

namespace ManagedOAuth.Token.Tests;

/// <summary>Who could reach what at a time, through which client and by which policy.</summary>
public sealed class GrantsAsOfTests(TokenFlowTests.Fixture fixture) : IClassFixture<TokenFlowTests.Fixture>
{
    private readonly TokenCluster _cluster = fixture.Cluster;

    private GrantQueries.GrantQueriesClient Queries => new(_cluster.Replicas[0].Channel);

    private Metadata AsConfig => _cluster.Headers("config");

    [Fact]
    public async Task AGrant_ThatWasRenewedByAnotherPolicyAndEnded_IsShownAsItWasThen()
    {
        const string Email = "as-of@example.com";
        var before = DateTimeOffset.UtcNow;
        var tokens = await LoginAsync(Email);
        var gone = await LoginAsync(Email);
        await Queries.RevokeAsync(new RevokeGrantRequest { GrantId = gone.GrantId.ToString(), Actor = "api-token:test" }, AsConfig);
        var then = DateTimeOffset.UtcNow;
        _cluster.Peers.ChangePolicy(A.Policy(version: 2) with { Include = [new Rule.EmailDomain("example.com"), new Rule.EmailDomain("other.test")] });
        await Eventually.Async(async () =>
        {
            tokens = (await _cluster.Replicas[0].RefreshAsync(tokens.Refresh)).Tokens ?? tokens;
            return (await GetAsync(tokens.GrantId))!.Value.GetProperty("decision").GetProperty("policy_version").GetInt32() == 2;
        });
        var renewed = DateTimeOffset.UtcNow;
        await Queries.EndAllAsync(new EndAllRequest { Email = Email, Actor = "api-token:test" }, AsConfig);
        var now = DateTimeOffset.UtcNow;

        var was = Assert.Single(await ListAsync(new ListGrantsRequest { Email = Email, At = then.ToTimestamp() }));
        Assert.Equal((tokens.GrantId, "active", 1, 1), Told(was));
        Assert.False(was.TryGetProperty("refreshed_at", out _) || was.TryGetProperty("ended_at", out _) || was.TryGetProperty("end_reason", out _));
        Assert.Equal(A.ClientId, was.GetProperty("client_id").GetString());
        Assert.Equal("include email_domain example.com", was.GetProperty("decision").GetProperty("rule").GetString());

        var later = Assert.Single(await ListAsync(new ListGrantsRequest { Email = Email, At = renewed.ToTimestamp(), ApplicationId = A.ApplicationId.ToString(), Kind = "oauth" }));
        Assert.Equal(("active", 2), (Told(later).Status, Told(later).Policy));
        Assert.InRange(later.GetProperty("refreshed_at").GetDateTimeOffset(), then, renewed);

        foreach (var nobody in (DateTimeOffset[])[before, now])
        {
            Assert.Empty(await ListAsync(new ListGrantsRequest { Email = Email, At = nobody.ToTimestamp() }));
        }

        Assert.Null(await GetAsync(tokens.GrantId, before));
        Assert.Equal((tokens.GrantId, "active", 1, 1), Told((await GetAsync(tokens.GrantId, then))!.Value));
        Assert.Equal("ended", Told((await GetAsync(gone.GrantId, then))!.Value).Status);
        Assert.Equal("ended", Told((await GetAsync(tokens.GrantId, now))!.Value).Status);
        Assert.Equal("ended", Told((await GetAsync(tokens.GrantId, then.AddYears(1)))!.Value).Status);
    }

    [Fact]
    public async Task Snapshots_FromBeforeTheyToldTheirEnd_AreFoundAsWell()
    {
        const string Email = "as-of-old@example.com";
        var live = await LoginAsync(Email);
        var ended = await LoginAsync(Email);
        var both = DateTimeOffset.UtcNow;
        await Queries.RevokeAsync(new RevokeGrantRequest { GrantId = ended.GrantId.ToString(), Actor = "api-token:test" }, AsConfig);
        var one = DateTimeOffset.UtcNow;
        foreach (var _ in (int[])[0, 1])
        {
            Assert.Equal(2, (await ListAsync(new ListGrantsRequest { Email = Email, At = both.ToTimestamp() })).Count);
            Assert.Equal(live.GrantId, Told(Assert.Single(await ListAsync(new ListGrantsRequest { Email = Email, At = one.ToTimestamp() }))).Id);

            // As a version wrote them that did not have it.
            await using var database = NpgsqlDataSource.Create(_cluster.Database);
            await using var older = database.CreateCommand("update token.mt_doc_grant set data = data - 'endsOrder' where (data -> 'subject' ->> 'email') = $1");
            older.Parameters.Add(new() { Value = Email });
            Assert.Equal(2, await older.ExecuteNonQueryAsync());
        }
    }

    [Fact]
    public async Task Pages_OfATime_GoOnByTheirCursor()
    {
        const string Email = "as-of-pages@example.com";
        var made = new List<Guid>();
        for (var i = 0; i < 3; i++)
        {
            made.Add((await LoginAsync(Email)).GrantId);
        }

        var request = new ListGrantsRequest { Email = Email, At = DateTimeOffset.UtcNow.ToTimestamp(), Limit = 2 };
        await Queries.EndAllAsync(new EndAllRequest { Email = Email, Actor = "api-token:test" }, AsConfig);
        var first = await Queries.ListAsync(request, AsConfig);
        Assert.Equal(3, first.TotalCount);
        request.Cursor = first.NextCursor;
        var second = await Queries.ListAsync(request, AsConfig);
        Assert.Equal(Enumerable.Reverse(made), first.Grants.Concat(second.Grants).Select(grant => Told(Parse(grant)).Id));
        Assert.Equal("", second.NextCursor);
    }

    [Fact]
    public async Task Lists_AreNarrowedByTheNameOfTheClient_AndTheTimeOfIssue()
    {
        const string Email = "as-of-search@example.com";
        var first = await LoginAsync(Email, "Zebra Tool");
        var between = DateTimeOffset.UtcNow;
        var second = await LoginAsync(Email, "Zebra Script");
        Assert.Equal([second.GrantId, first.GrantId], await IdsAsync(new() { Search = "ZEBRA" }));
        Assert.Equal([first.GrantId], await IdsAsync(new() { Search = "zebra tool" }));
        Assert.Equal([second.GrantId], await IdsAsync(new() { Search = "zebra", Since = between.ToTimestamp() }));
        Assert.Equal([first.GrantId], await IdsAsync(new() { Search = "zebra", Until = between.ToTimestamp() }));
        Assert.Equal([second.GrantId, first.GrantId], await IdsAsync(new() { Search = "as-of-SEARCH@" }));

        async Task<IEnumerable<Guid>> IdsAsync(ListGrantsRequest request) => (await ListAsync(request)).Select(grant => Told(grant).Id);
    }

    private Task<Tokens> LoginAsync(string email, string client = "A client")
        => _cluster.LoginAsync(change => (change.Identity, change.ClientName) = (TokenCluster.Identity(email), client));

    private async Task<List<JsonElement>> ListAsync(ListGrantsRequest request)
    {
        var reply = await Queries.ListAsync(request, AsConfig);
        Assert.Equal(reply.TotalCount, reply.Grants.Count);
        Assert.Equal(request.At, reply.At);
        return [.. reply.Grants.Select(Parse)];
    }

    private async Task<JsonElement?> GetAsync(Guid id, DateTimeOffset? at = null)
    {
        try
        {
            var reply = await Queries.GetAsync(new GetGrantRequest { GrantId = id.ToString(), At = at?.ToTimestamp() }, AsConfig);
            Assert.Equal(at?.ToTimestamp(), reply.At);
            return Parse(reply.Json);
        }
        catch (RpcException nothing) when (nothing.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }

    private static (Guid Id, string Status, int Policy, int Generation) Told(JsonElement grant) => (
        grant.GetProperty("id").GetGuid(), grant.GetProperty("status").GetString()!, grant.GetProperty("decision").GetProperty("policy_version").GetInt32(), grant.GetProperty("generation").GetInt32());

    private static JsonElement Parse(Google.Protobuf.ByteString json) => JsonDocument.Parse(json.Memory).RootElement.Clone();
}
