using ManagedOAuth.Contracts.Messages;
using ManagedOAuth.Testing;
using ManagedOAuth.Token.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Wolverine;

namespace ManagedOAuth.Token.Tests;

public sealed class CrashTests
{
    private const int Grants = 20;

    [Fact]
    public async Task Evaluation_KilledInTheMiddle_IsFinishedByAnotherReplicaAndEndsEachGrantOnce()
    {
        await using var cluster = await TokenCluster.StartAsync();
        for (var i = 0; i < Grants; i++)
        {
            await cluster.LoginAsync();
        }

        var settings = new Dictionary<string, string> { ["Token:EvaluationBatch"] = "1" };
        var position = cluster.Peers.ChangePolicy(A.Policy("other.test", version: 2));
        await using (var scope = cluster.Replicas[0].Services.CreateAsyncScope())
        {
            // Not due before the process that is to die is the only one left.
            await scope.ServiceProvider.GetRequiredService<IMessageBus>().ScheduleAsync(new PolicyChanged([A.ApplicationId], position), TimeSpan.FromHours(1));
        }

        await cluster.StopAsync(cluster.Replicas[0]);
        Assert.Equal(1, await DueAsync(cluster));
        using (var doomed = await ProcessReplica.StartAsync(cluster, settings))
        {
            await Eventually.Async(async () => (await DeniedAsync(cluster)).Events > 0, TimeSpan.FromMinutes(3));
            doomed.Kill();
        }

        await cluster.AddReplicaAsync(settings);
        await Eventually.Async(async () => (await DeniedAsync(cluster)).Grants == Grants, TimeSpan.FromMinutes(3));
        Assert.Equal((Grants, Grants), await DeniedAsync(cluster));
    }

    private static async Task<int> DueAsync(TokenCluster cluster)
    {
        await using var connection = new NpgsqlConnection(cluster.Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("update messages.queue set execute_at = now() where message_type like '%policy_changed'", connection);
        return await command.ExecuteNonQueryAsync();
    }

    private static async Task<(long Events, long Grants)> DeniedAsync(TokenCluster cluster)
    {
        await using var connection = new NpgsqlConnection(cluster.Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select count(*), count(distinct stream_id) from token.mt_events where type = 'grant_denied'", connection);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt64(0), reader.GetInt64(1));
    }
}
