using Wolverine.Postgresql;

namespace ManagedOAuth.Foundation.Tests.Messaging;

/// <summary>
/// Every live grant has a scheduled message, so the queue holds many rows that nobody wants now. No statement of the daily work
/// may read them all, also when the planner knows how many there are.
/// </summary>
public sealed class QueuePlanTests
{
    [Fact]
    public async Task Statements_WithALargeBacklog_ReadByIndexOnly()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync(MessagingSchema.Sql);
        await database.ExecuteAsync("""
            insert into messages.queue (id, receiver, message_type, body, execute_at)
            select gen_random_uuid(), 'test', 'record', '{}', case when n % 2 = 0 then now() + interval '1 day' end from generate_series(1, 60000) n
            """);
        await database.ExecuteAsync("insert into messages.inbox (id, receiver) select gen_random_uuid(), 'test' from generate_series(1, 20000)");
        await database.ExecuteAsync("analyze");
        var sql = new QueueSql("messages");
        var node = Guid.NewGuid();
        var plans = new List<string>();
        foreach (var mode in new[] { "force_generic_plan", "force_custom_plan" })
        {
            plans.AddRange(await ExplainAsync(database, mode, "text, bigint, timestamptz, uuid, int", sql.Claim, $"'test', 40, now(), '{node}', 1000000"));
            plans.AddRange(await ExplainAsync(database, mode, "text, uuid, uuid, text", sql.Complete, $"'test', '{node}', '{node}', 'test'"));
            plans.AddRange(await ExplainAsync(database, mode, "text, uuid, uuid[]", sql.Release, $"'test', '{node}', '{{}}'"));
        }

        Assert.Contains(plans, line => line.Contains("queue_ready", StringComparison.Ordinal));
        Assert.Contains(plans, line => line.Contains("queue_due", StringComparison.Ordinal));
        Assert.DoesNotContain(plans, line => line.Contains("Seq Scan on", StringComparison.Ordinal) && !line.Contains("Seq Scan on node", StringComparison.Ordinal));
    }

    // In one implicit transaction on one connection; without parameters the text may hold several statements.
    private static Task<List<string>> ExplainAsync(TestDatabase database, string mode, string types, string statement, string values) => database.LastResultAsync(
        $"set plan_cache_mode = {mode}; prepare explained ({types}) as {statement}; explain execute explained ({values})", "deallocate explained; reset plan_cache_mode");
}
