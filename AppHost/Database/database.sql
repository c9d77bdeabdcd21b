-- ManagedOAuth: roles, schemas and the message tables of one PostgreSQL database (14 or newer).
--
-- Run it inside that database as a user who may create roles and schemas, as often as you like: it changes only what is missing.
-- Afterwards give the three roles their passwords:   alter role token password '...';
-- The local topology does exactly this at every start.

-- One role for each service that stores something. None may create databases or roles, none sees another's schema.
-- The schema and the tables of the events belong to a role that nobody logs in as: the service reads and appends, and cannot change or remove what
-- happened. Its documents' tables it makes itself.
do $roles$
declare
    service text;
    keeper text;
    item text;
begin
    foreach service in array array['config', 'authorization_server', 'token'] loop
        if not exists (select from pg_roles where rolname = service) then
            begin
                execute format('create role %I login', service);
            exception when duplicate_object or unique_violation then
                null; -- made at this moment by another start
            end;
        end if;
        -- Nothing of ours keeps a transaction open while it waits for somebody; whoever does must not hold others up.
        execute format('alter role %I set idle_in_transaction_session_timeout = ''30s''', service);
        execute format('alter role %I set statement_timeout = ''60s''', service);
        execute format('alter role %I set lock_timeout = ''15s''', service);
        keeper := service || '_owner';
        if not exists (select from pg_roles where rolname = keeper) then
            begin
                execute format('create role %I nologin', keeper);
            exception when duplicate_object or unique_violation then
                null;
            end;
        end if;
        -- To give things to a role, or to take them from it, one must be a member of it.
        if not (select rolsuper from pg_roles where rolname = current_user) then
            execute format('grant %I, %I to current_user', service, keeper);
        end if;
        execute format('create schema if not exists %I authorization %I', service, keeper);
        if not exists (select from pg_namespace where nspname = service and nspowner = keeper::regrole) then
            execute format('alter schema %I owner to %I', service, keeper);
        end if;
        execute format('grant usage, create on schema %I to %I', service, service);
        -- Only where something is missing: to find an index there, "if not exists" would keep all writers waiting until the end.
        if exists (select from unnest(array['mt_streams', 'mt_events', 'pk_mt_events_stream_and_version', 'mt_events_sequence']) part
                   where to_regclass(format('%I.%I', service, part)) is null) then
            execute replace($events$
create table if not exists {schema}.mt_streams (
  id uuid not null,
  type character varying,
  version bigint,
  timestamp timestamp with time zone not null default now(),
  created timestamp with time zone not null default now(),
  tenant_id character varying default '*DEFAULT*'::character varying,
  is_archived boolean default false,
  constraint pkey_mt_streams_id primary key (id)
);
create table if not exists {schema}.mt_events (
  seq_id bigint not null,
  id uuid not null,
  stream_id uuid,
  version bigint not null,
  data jsonb not null,
  bdata bytea,
  type character varying(500) not null,
  timestamp timestamp with time zone not null default now(),
  tenant_id character varying default '*DEFAULT*'::character varying,
  mt_dotnet_type character varying,
  correlation_id character varying,
  causation_id character varying,
  headers jsonb,
  is_archived boolean default false,
  constraint pkey_mt_events_seq_id primary key (seq_id),
  constraint fkey_mt_events_stream_id foreign key (stream_id) references {schema}.mt_streams (id) on delete cascade
);
create unique index if not exists pk_mt_events_stream_and_version on {schema}.mt_events using btree (stream_id, version);
create sequence if not exists {schema}.mt_events_sequence as bigint owned by {schema}.mt_events.seq_id;
$events$, '{schema}', service);
        end if;
        -- Streams before events, as the services lock them.
        foreach item in array array['mt_streams', 'mt_events'] loop
            if not exists (select from pg_class where relnamespace = service::regnamespace and relname = item and relowner = keeper::regrole) then
                execute format('alter table %I.%I owner to %I', service, item, keeper);
            end if;
        end loop;
        execute format('grant select, insert, update (version, timestamp) on %I.mt_streams to %I', service, service);
        execute format('grant select, insert on %I.mt_events to %I', service, service);
        execute format('grant usage, select on sequence %I.mt_events_sequence to %I', service, service);
        execute format('grant connect, temporary on database %I to %I', current_database(), service);
    end loop;
    -- What went through the portals: Config's too, apart from the configuration. A log with an end: Config removes what is too old.
    create schema if not exists portal_log authorization config;
    execute format('revoke all on database %I from public', current_database());
    revoke create on schema public from public;
end
$roles$;

-- Messages between the services: written in the transaction of the events that cause them.
create schema if not exists messages;

create table if not exists messages.queue (
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
create index if not exists queue_ready on messages.queue (receiver, seq) where owner_node is null and execute_at is null;
create index if not exists queue_due on messages.queue (receiver, execute_at) where owner_node is null and execute_at is not null;
create index if not exists queue_owned on messages.queue (owner_node) where owner_node is not null;

create table if not exists messages.inbox (
    id         uuid        not null,
    receiver   text        not null,
    handled_at timestamptz not null default now(),
    primary key (id, receiver)
) with (autovacuum_vacuum_scale_factor = 0.05);
create index if not exists inbox_handled_at on messages.inbox (handled_at);

create table if not exists messages.dead_letter (
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
create index if not exists dead_letter_dead_at on messages.dead_letter (dead_at, id);

create table if not exists messages.node (
    id           uuid        primary key,
    service      text        not null,
    description  text        not null,
    started_at   timestamptz not null default now(),
    heartbeat_at timestamptz not null default now()
);

grant usage on schema messages to config, authorization_server, token;
grant select, insert, update, delete on all tables in schema messages to config, authorization_server, token;
