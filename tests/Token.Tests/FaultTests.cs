using System.Net;
using ManagedOAuth.Testing;
using ManagedOAuth.Token.Tests.Support;
using Npgsql;

namespace ManagedOAuth.Token.Tests;

/// <summary>Outages and crashes of what Token depends on, and what stays in the stores.</summary>
public sealed class FaultTests
{
    [Fact]
    public async Task Redis_Away_RefreshesGoOnAndCodesCanBeMadeAgainAfterwards()
    {
        await using var redis = await RedisServer.StartPrivateAsync();
        await using var cluster = await TokenCluster.StartAsync(redis: redis.ConnectionString, settings: new() { ["Redis:OperationDeadline"] = "00:00:04" });
        var tokens = await cluster.LoginAsync();
        var code = await cluster.CodeAsync();
        await redis.KillAsync();

        Assert.Equal("temporarily_unavailable", (await cluster.Replicas[0].RedeemAsync(code)).Error);
        var refreshed = await cluster.Replicas[0].RefreshAsync(tokens.Refresh);
        Assert.Equal(HttpStatusCode.OK, refreshed.Status);

        await redis.StartAsync();
        await Eventually.Async(async () => (await cluster.Replicas[0].RedeemAsync(code)).Error == "invalid_grant");
        await Eventually.Async(async () => (await cluster.Replicas[0].RedeemAsync(await cluster.CodeAsync())).Tokens);
        Assert.Equal(HttpStatusCode.OK, (await cluster.Replicas[0].RefreshAsync(refreshed.Tokens!.Refresh)).Status);
    }

    [Fact]
    public async Task Postgres_KilledAndRestarted_NothingAcknowledgedIsLost()
    {
        await using var postgres = await PostgresServer.StartPrivateAsync();
        await using var cluster = await TokenCluster.StartAsync(database: postgres.ConnectionString);
        var tokens = await cluster.LoginAsync();
        await using var feed = new FeedReader(cluster);
        await feed.FirstFrameAsync();
        await postgres.KillAsync();

        var refused = await cluster.Replicas[0].RefreshAsync(tokens.Refresh);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "temporarily_unavailable"), (refused.Status, refused.Error));

        // RFC 7009 §2.2.1: what may still be alive is not called revoked.
        using (var request = new HttpRequestMessage(HttpMethod.Post, "/cdn-cgi/access/oauth/revoke") { Content = new FormUrlEncodedContent([new("token", tokens.Refresh), new("client_id", A.ClientId)]) })
        using (var undone = await cluster.Replicas[0].SendAsync(request))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, undone.StatusCode);
            Assert.True(undone.Headers.RetryAfter!.Delta > TimeSpan.Zero);
            Assert.Equal("temporarily_unavailable", (await Reply.ReadAsync(undone)).Error);
        }

        var before = feed.Last!.ReadAt;
        await Eventually.Async(() => feed.Frames.Count(frame => frame.ReadAt.Equals(feed.Last!.ReadAt)) > 2);

        await postgres.StartAsync();
        var refreshed = await Eventually.Async(async () => (await cluster.Replicas[0].RefreshAsync(tokens.Refresh)).Tokens);
        Assert.Equal("grant_issued", (await Audit.TypesAsync(cluster, tokens.GrantId))[0]);
        await Eventually.Async(() => feed.Last!.ReadAt.ToDateTimeOffset() > before.ToDateTimeOffset());
        await cluster.Replicas[0].RevokeAsync(refreshed.Refresh);
        await feed.WaitForAsync(tokens.GrantId);
    }

    [Fact]
    public async Task Configuration_TooOld_RefusesWithoutConsumingAnything()
    {
        await using var cluster = await TokenCluster.StartAsync(settings: new() { ["Token:ConfigurationStalenessLimit"] = "00:00:05" });

        // A machine that stands still for so long makes the configuration too old for a moment even while Config is there.
        var tokens = await Eventually.Async(async () => await cluster.LoginAsync());
        var code = await cluster.CodeAsync();
        cluster.Peers.Away = true;
        await Eventually.Async(async () => (await cluster.Replicas[0].RefreshAsync(A.RefreshToken().Text)).Error == "temporarily_unavailable"
            && (await cluster.Replicas[0].RefreshAsync(tokens.Refresh)) is { Status: HttpStatusCode.ServiceUnavailable });
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await cluster.Replicas[0].RedeemAsync(code)).Status);
        Assert.Equal(HttpStatusCode.OK, (await cluster.Replicas[0].RevokeAsync(tokens.Access)).Status);

        cluster.Peers.Away = false;
        await Eventually.Async(async () => (await cluster.Replicas[0].RefreshAsync(tokens.Refresh)).Status == HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, (await Reply.WhenAvailableAsync(() => cluster.Replicas[0].RedeemAsync(code))).Status);
    }

    [Fact]
    public async Task Stores_AfterAFullLife_HoldNoSecret()
    {
        await using var cluster = await TokenCluster.StartAsync();
        var code = await cluster.CodeAsync();
        var first = (await cluster.Replicas[0].RedeemAsync(code)).Tokens!;
        var second = (await cluster.Replicas[0].RefreshAsync(first.Refresh)).Tokens!;
        var again = (await cluster.Replicas[0].RefreshAsync(first.Refresh)).Tokens!;
        var third = (await cluster.Replicas[0].RefreshAsync(second.Refresh)).Tokens!;
        await cluster.Replicas[0].RevokeAsync(third.Access);
        await cluster.Replicas[0].RedeemAsync(code, verifier: A.Verifier[..^1] + "0");
        await cluster.Replicas[0].RefreshAsync(first.Refresh);

        string[] secrets = [code, first.Refresh, second.Refresh, third.Refresh, first.Access, again.Access, third.Access, A.Verifier];
        string[] canaries = [.. secrets.Select(secret => secret[^24..]), "PRIVATE KEY", cluster.CredentialOf("edge")];
        var rows = await RowsAsync(cluster.Database);
        Assert.NotEmpty(rows);
        foreach (var canary in canaries)
        {
            Assert.DoesNotContain(rows, row => row.Contains(canary, StringComparison.Ordinal));
            Assert.DoesNotContain(cluster.Log, line => line.Contains(canary, StringComparison.Ordinal));
        }
    }

    private static async Task<List<string>> RowsAsync(string database)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        var tables = new List<string>();
        await using (var command = new NpgsqlCommand("select format('%I.%I', schemaname, tablename) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')", connection))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                tables.Add(reader.GetString(0));
            }
        }

        var rows = new List<string>();
        foreach (var table in tables)
        {
            await using var command = new NpgsqlCommand($"select t::text from {table} t", connection);
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                rows.Add(reader.GetString(0));
            }
        }

        return rows;
    }
}
