using ManagedOAuth.Contracts.Messages;
using ManagedOAuth.Testing;
using ManagedOAuth.Token.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Wolverine;

namespace ManagedOAuth.Token.Tests;

/// <summary>A changed policy while one replica has not heard of it.</summary>
public sealed class SecondPassTests : IAsyncLifetime
{
    private const string SecondPass = "message_type like '%evaluate_grants' and convert_from(body, 'UTF8') ~* 'issuedafter\"\\s*:\\s*[1-9]'";

    private TokenCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await TokenCluster.StartAsync();

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Grant_IssuedOnTheOlderConfigurationAfterTheFirstPass_IsEndedByTheSecond()
    {
        await using var older = await Peers.StartAsync();
        var behind = await _cluster.AddReplicaAsync(new() { ["services:config:grpc"] = older.Address, ["services:authorization-server:grpc"] = older.Address });
        var first = await _cluster.LoginAsync();
        var position = _cluster.Peers.ChangePolicy(A.Policy("other.test", version: 2));
        await using (var scope = _cluster.Replicas[0].Services.CreateAsyncScope())
        {
            await scope.ServiceProvider.GetRequiredService<IMessageBus>().SendAsync(new PolicyChanged([A.ApplicationId], position));
        }

        // The replica that does not hear of it may take the message first, some times.
        await Eventually.Async(async () => (await Audit.TypesAsync(_cluster, first.GrantId)).Contains("grant_denied"), TimeSpan.FromMinutes(3));
        await Eventually.Async(async () => await CountAsync($"select count(*) from messages.queue where execute_at is not null and {SecondPass}") == 1);

        // The first pass is over; nobody but the second asks about this grant.
        var late = await _cluster.LoginAsync(replica: 1);
        Assert.Equal(["grant_issued"], await Audit.TypesAsync(_cluster, late.GrantId));
        await _cluster.StopAsync(behind);
        await CountAsync($"with due as (update messages.queue set execute_at = now() where {SecondPass} returning 1) select count(*) from due");

        await Eventually.Async(async () => (await Audit.TypesAsync(_cluster, late.GrantId)).Contains("grant_denied"));
        Assert.Equal(2, (await Audit.EventsAsync(_cluster, late.GrantId))[^1].GetProperty("data").GetProperty("decision").GetProperty("policy_version").GetInt32());
    }

    private async Task<long> CountAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_cluster.Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
