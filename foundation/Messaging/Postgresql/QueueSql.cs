using System.Text.RegularExpressions;

namespace Wolverine.Postgresql;

/// <summary>The statements of the queue, for one schema.</summary>
internal sealed partial class QueueSql(string schema)
{
    /// <summary>The table whose violated key tells a message that was handled before, or a claim that was lost.</summary>
    public const string InboxTable = "inbox";

    public string Schema { get; } = schema;

    /// <summary>One row per receiver. A message that is already waiting there is not doubled.</summary>
    public string Insert { get; } = $"""
        insert into {schema}.queue (id, receiver, message_type, body, execute_at, source, traceparent, correlation_id, user_name)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing
        """;

    /// <summary>
    /// Takes up to $2 free rows for node $4: first what is due, then what waits in order of arrival. A scheduled message is
    /// due by the application's clock ($3), a retry by the server's. Bodies above $5 bytes stay where they are.
    /// </summary>
    /// <remarks>
    /// Written for the planner, which cannot know how many rows a parameter in LIMIT lets through. Joined to the CTEs instead of compared with
    /// an array, the table is read whole and hashed as soon as its statistics show a backlog; and EXISTS instead of the scalar subquery lets it hash
    /// the whole inbox. (As plain subqueries instead of CTEs, the SELECTs with FOR UPDATE might be run again per row and claim too much.)
    /// </remarks>
    public string Claim { get; } = $"""
        with due as (
            select id from {schema}.queue
            where receiver = $1 and owner_node is null and execute_at <= greatest($3, now())
              and execute_at <= case when attempts > 0 then now() else $3 end
            order by execute_at limit $2 for update skip locked),
        ready as (
            select id from {schema}.queue
            where receiver = $1 and owner_node is null and execute_at is null
            order by seq limit greatest(0, $2 - (select count(*) from due)) for update skip locked)
        update {schema}.queue q set owner_node = $4, claimed_at = now()
        where q.receiver = $1 and q.id = any (array(select id from due union all select id from ready))
        returning q.id, q.message_type, case when octet_length(q.body) <= $5 then q.body end, q.seq, q.enqueued_at, q.execute_at, q.source,
            q.traceparent, q.correlation_id, q.user_name, q.attempts, q.recoveries,
            (select i.handled_at from {schema}.inbox i where i.id = q.id and i.receiver = q.receiver) is not null
        """;

    /// <summary>
    /// Removes the row and marks the message as handled, as part of the handler's transaction. If this node does not own the
    /// row any more nothing is deleted, the key is NULL and the whole transaction fails (23502); if the message was handled
    /// before, the key exists (23505).
    /// </summary>
    public string Complete { get; } = $"""
        with gone as (delete from {schema}.queue where receiver = $1 and id = $2 and owner_node = $3 returning id)
        insert into {schema}.inbox (id, receiver) values ((select id from gone), $4)
        """;

    /// <summary>Removes a row whose effects are already there, or that is to be forgotten.</summary>
    public string Remove { get; } = $"delete from {schema}.queue where receiver = $1 and id = $2 and owner_node = $3";

    /// <summary>Back into the queue after a failure, for a time $4 (interval) from now, by the server's clock.</summary>
    public string Retry { get; } = $"""
        update {schema}.queue set owner_node = null, claimed_at = null, execute_at = now() + $4, attempts = $5, last_error = $6
        where receiver = $1 and id = $2 and owner_node = $3
        """;

    /// <summary>Out of the queue, with the reason.</summary>
    public string Bury { get; } = $"""
        with gone as (delete from {schema}.queue where receiver = $1 and id = $2 and owner_node = $3 returning *)
        insert into {schema}.dead_letter (receiver, id, message_type, body, enqueued_at, source, traceparent, correlation_id, user_name,
            attempts, reason, exception_type, exception_message)
        select receiver, id, message_type, body, enqueued_at, source, traceparent, correlation_id, user_name, $4, $5, $6, $7 from gone
        on conflict (receiver, id) do update set dead_at = now(), attempts = excluded.attempts, reason = excluded.reason,
            exception_type = excluded.exception_type, exception_message = excluded.exception_message
        """;

    /// <summary>Gives back what node $2 holds of queue $1, except the ids of $3: those it is really working on.</summary>
    public string Release { get; } = $"""
        update {schema}.queue set owner_node = null, claimed_at = null
        where owner_node = $2 and receiver = $1 and not (id = any($3))
        """;

    /// <summary>The same statement with the placeholders of <c>IDocumentSession.QueueSqlCommand</c>.</summary>
    /// <remarks>Right only because every statement that goes there names its parameters once and in order.</remarks>
    public static string WithQuestionMarks(string sql) => Placeholder().Replace(sql, "?");

    [GeneratedRegex(@"\$\d+")]
    private static partial Regex Placeholder();
}
