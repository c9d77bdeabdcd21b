using Marten;
using Npgsql;
using NpgsqlTypes;
using Wolverine.Runtime;

namespace Wolverine.Postgresql;

/// <summary>The dead letter table.</summary>
internal sealed class DeadLetters(NpgsqlDataSource dataSource, string schema, TimeSpan timeout, WakeUps wakeUps) : IDeadLetters
{
    private const int MaximumPage = 1000;

    private const string Matches = """
        ($1::uuid is null or id = $1) and ($2::text is null or receiver = $2)
        and ($3::text is null or message_type = $3) and ($4::text is null or reason = $4)
        """;

    private const string These = "unnest(?, ?) as these (receiver, id)";
    private const string AreThese = "dead_letter.receiver = these.receiver and dead_letter.id = these.id";

    private readonly string _list = $"""
        select id, receiver, message_type, reason, exception_type, exception_message, attempts, enqueued_at, dead_at, source, correlation_id
        from {schema}.dead_letter
        where {Matches} and ($5::timestamptz is null or (dead_at, id) < ($5, $6::uuid))
        order by dead_at desc, id desc limit $7
        """;

    // Wins over a row with the same id that is still in the queue: there the message goes on by itself.
    private readonly string _replay = $"""
        with chosen as (delete from {schema}.dead_letter where {Matches} returning *),
        replayed as (
            insert into {schema}.queue (receiver, id, message_type, body, enqueued_at, source, traceparent, correlation_id, user_name)
            select receiver, id, message_type, body, enqueued_at, source, traceparent, correlation_id, user_name from chosen
            order by enqueued_at on conflict do nothing)
        select receiver from chosen
        """;

    private readonly string _replayThese = $"""
        with chosen as (
            delete from {schema}.dead_letter using {These} where {AreThese} returning dead_letter.*)
        insert into {schema}.queue (receiver, id, message_type, body, enqueued_at, source, traceparent, correlation_id, user_name)
        select receiver, id, message_type, body, enqueued_at, source, traceparent, correlation_id, user_name from chosen
        order by enqueued_at on conflict do nothing
        """;

    private readonly string _discardThese = $"delete from {schema}.dead_letter using {These} where {AreThese}";

    private readonly string _discard = $"delete from {schema}.dead_letter where {Matches} returning receiver";

    public async Task<IReadOnlyList<DeadLetter>> ListAsync(DeadLetterFilter filter, int limit, DeadLetterPosition? after, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaximumPage);
        await using var command = Command(_list, filter);
        Add(command, NpgsqlDbType.TimestampTz, after?.DeadAt.UtcDateTime);
        Add(command, NpgsqlDbType.Uuid, after?.Id);
        Add(command, NpgsqlDbType.Integer, limit);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var letters = new List<DeadLetter>();
        while (await reader.ReadAsync(cancellationToken))
        {
            letters.Add(new DeadLetter(
                reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), Text(reader, 4), Text(reader, 5), reader.GetInt32(6),
                reader.GetFieldValue<DateTimeOffset>(7), reader.GetFieldValue<DateTimeOffset>(8), Text(reader, 9), Text(reader, 10)));
        }

        return letters;
    }

    public async Task<int> ReplayAsync(DeadLetterFilter filter, CancellationToken cancellationToken)
    {
        var receivers = await ReceiversAsync(_replay, filter, cancellationToken);
        foreach (var receiver in receivers.Distinct())
        {
            wakeUps.Announce(receiver);
        }

        return receivers.Count;
    }

    public async Task<int> DiscardAsync(DeadLetterFilter filter, CancellationToken cancellationToken)
        => (await ReceiversAsync(_discard, filter, cancellationToken)).Count;

    public void Replay(IDocumentSession session, IReadOnlyCollection<DeadLetter> letters)
    {
        Queue(session, _replayThese, letters);
        session.Listeners.Add(new Announcement(wakeUps, [.. letters.Select(letter => letter.Receiver).Distinct()]));
    }

    public void Discard(IDocumentSession session, IReadOnlyCollection<DeadLetter> letters) => Queue(session, _discardThese, letters);

    private static void Queue(IDocumentSession session, string text, IReadOnlyCollection<DeadLetter> letters)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(letters);
        session.QueueSqlCommand(text, letters.Select(letter => letter.Receiver).ToArray(), letters.Select(letter => letter.Id).ToArray());
    }

    private async Task<List<string>> ReceiversAsync(string text, DeadLetterFilter filter, CancellationToken ct)
    {
        await using var command = Command(text, filter);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var receivers = new List<string>();
        while (await reader.ReadAsync(ct))
        {
            receivers.Add(reader.GetString(0));
        }

        return receivers;
    }

    private NpgsqlCommand Command(string text, DeadLetterFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var command = dataSource.CreateCommand(text);
        command.CommandTimeout = (int)timeout.TotalSeconds;
        Add(command, NpgsqlDbType.Uuid, filter.Id);
        Add(command, NpgsqlDbType.Text, filter.Receiver);
        Add(command, NpgsqlDbType.Text, filter.MessageType);
        Add(command, NpgsqlDbType.Text, filter.Reason);
        return command;
    }

    private static void Add(NpgsqlCommand command, NpgsqlDbType type, object? value)
        => command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = value ?? DBNull.Value });

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private sealed class Announcement(WakeUps wakeUps, IReadOnlyList<string> receivers) : IDocumentSessionListener
    {
        public Task AfterCommitAsync(IDocumentSession session, IChangeSet commit, CancellationToken ct)
        {
            foreach (var receiver in receivers)
            {
                wakeUps.Announce(receiver);
            }

            return Task.CompletedTask;
        }
    }
}
