namespace Wolverine.Postgresql;

/// <summary>The four tables, as SQL text for a bootstrap script, and what other roles need to use them.</summary>
public static class MessagingSchema
{
    /// <summary>The tables, in the order in which they are made.</summary>
    internal static readonly string[] Tables = ["queue", "inbox", "dead_letter", "node"];

    /// <summary>The DDL of schema <c>messages</c>. May be run any number of times.</summary>
    public static string Sql { get; } = SqlFor("messages");

    /// <summary>The DDL for a schema of another name.</summary>
    public static string SqlFor(string schemaName) => Template.Replace("{schema}", Identifiers.CheckSchema(schemaName), StringComparison.Ordinal);

    /// <summary>Lets roles use the tables that another role owns.</summary>
    /// <param name="roles">Existing roles; quoted here.</param>
    public static string GrantSql(params IEnumerable<string> roles) => GrantSqlFor("messages", roles);

    /// <summary>As <see cref="GrantSql"/>, for a schema of another name.</summary>
    public static string GrantSqlFor(string schemaName, params IEnumerable<string> roles)
    {
        var schema = Identifiers.CheckSchema(schemaName);
        var names = string.Join(", ", roles.Select(r => '"' + r.Replace("\"", "\"\"", StringComparison.Ordinal) + '"'));
        return $"""
            grant usage on schema {schema} to {names};
            grant select, insert, update, delete on all tables in schema {schema} to {names};
            """;
    }

    // queue:  free rows are found by two partial indexes, one per kind: at once (in order of arrival) and due at a time.
    //         A claim moves the row out of both. Fill factor and vacuum settings suit rows that live for milliseconds.
    // inbox:  the primary key is what makes an effect happen once.
    // node:   a row is a live process; its heartbeat is the lease of all rows that it owns.
    private const string Template = """
        create schema if not exists {schema};

        create table if not exists {schema}.queue (
            receiver       text        not null,
            id             uuid        not null,
            seq            bigint      generated always as identity,
            message_type   text        not null,
            body           bytea       not null,
            enqueued_at    timestamptz not null default now(),
            execute_at     timestamptz,
            source         text,
            traceparent    text,
            correlation_id text,
            user_name      text,
            attempts       integer     not null default 0,
            recoveries     integer     not null default 0,
            last_error     text,
            owner_node     uuid,
            claimed_at     timestamptz,
            primary key (receiver, id)
        ) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);
        create index if not exists queue_ready on {schema}.queue (receiver, seq) where owner_node is null and execute_at is null;
        create index if not exists queue_due on {schema}.queue (receiver, execute_at) where owner_node is null and execute_at is not null;
        create index if not exists queue_owned on {schema}.queue (owner_node) where owner_node is not null;

        create table if not exists {schema}.inbox (
            id         uuid        not null,
            receiver   text        not null,
            handled_at timestamptz not null default now(),
            primary key (id, receiver)
        ) with (autovacuum_vacuum_scale_factor = 0.05);
        create index if not exists inbox_handled_at on {schema}.inbox (handled_at);

        create table if not exists {schema}.dead_letter (
            receiver          text        not null,
            id                uuid        not null,
            message_type      text        not null,
            body              bytea       not null,
            enqueued_at       timestamptz not null,
            dead_at           timestamptz not null default now(),
            source            text,
            traceparent       text,
            correlation_id    text,
            user_name         text,
            attempts          integer     not null,
            reason            text        not null,
            exception_type    text,
            exception_message text,
            primary key (receiver, id)
        );
        create index if not exists dead_letter_dead_at on {schema}.dead_letter (dead_at, id);

        create table if not exists {schema}.node (
            id           uuid        primary key,
            service      text        not null,
            description  text        not null,
            started_at   timestamptz not null default now(),
            heartbeat_at timestamptz not null default now()
        );
        """;
}
