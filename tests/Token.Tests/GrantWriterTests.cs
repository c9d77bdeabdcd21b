using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Token.Grants;
using ManagedOAuth.Token.Revocation;
using ManagedOAuth.Token.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ManagedOAuth.Token.Tests;

/// <summary>Changes of one grant that race with each other.</summary>
public sealed class GrantWriterTests
{
    [Fact]
    public async Task Change_OvertakenEachTime_ComesThroughAtLast()
    {
        await using var cluster = await TokenCluster.StartAsync();
        var services = cluster.Replicas[0].Services;
        var writer = services.GetRequiredService<GrantWriter>();
        var grant = (await cluster.LoginAsync()).GrantId;
        var overtaking = new List<Task>();

        var before = await writer.ChangeAsync(
            grant,
            new GrantCause("administrator"),
            state =>
            {
                overtaking.Add(AppendAsync(services.GetRequiredService<IDocumentStore>(), state));
                WaitUntilDoneOrWaiting(overtaking[^1], cluster.Database);
                return GrantEnding.Revoke(state, RevocationReason.Administrator, DateTimeOffset.UtcNow);
            },
            default);

        Assert.True(before!.IsLive);
        Assert.False((await writer.FindAsync(grant, default))!.IsLive);
        Assert.InRange(overtaking.Count, 2, GrantWriter.Attempts - 1);
        await Assert.ThrowsAsync<Marten.Exceptions.EventStreamUnexpectedMaxEventIdException>(() => overtaking[^1]);
    }

    private static async Task AppendAsync(IDocumentStore store, Grant state)
    {
        await using var session = store.LightweightSession();
        session.Events.Append(state.Id, state.Version + 1, new AccessTokenRevoked
        {
            Subject = state.Subject, Decision = state.Decision, TokenId = Guid.NewGuid(), TokenExpiresAt = state.ExpiresAt,
        });
        await session.SaveChangesAsync();
    }

    private static void WaitUntilDoneOrWaiting(Task task, string database)
    {
        using var connection = new NpgsqlConnection(database);
        connection.Open();
        using var command = new NpgsqlCommand("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'", connection);
        Assert.True(SpinWait.SpinUntil(() => task.IsCompleted || command.ExecuteScalar() is > 0L, TimeSpan.FromSeconds(30)));
    }
}
