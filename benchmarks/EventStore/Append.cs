using System.Text.Json.Serialization;
using Marten;

namespace ManagedOAuth.Benchmarks.EventStore;

/// <summary>The two ways a service appends.</summary>
internal static class Append
{
    private static readonly byte[] Message = new byte[300];

    public static async Task CreateOutboxAsync(DocumentStore store)
    {
        await using var session = store.LightweightSession();
        session.QueueSqlCommand("create table if not exists benchmark.outbox (id uuid primary key, destination varchar not null, execution_time timestamptz null, body bytea not null)");
        await session.SaveChangesAsync();
    }

    /// <summary>A new stream: one round trip.</summary>
    public static async Task StartAsync(DocumentStore store)
    {
        await using var session = store.LightweightSession();
        session.Events.StartStream<Grant>(Guid.NewGuid(), Issued(), new GrantRefreshed(1, "0f8fad5b"), new GrantRefreshed(2, "7c9e6679"));
        await SaveAsync(session);
    }

    /// <summary>A decision on an existing stream: read version and snapshot, then save; two round trips.</summary>
    public static async Task FetchAndAppendAsync(DocumentStore store)
    {
        var id = Streams.Take();
        await using var session = store.LightweightSession();
        var stream = await session.Events.FetchForWriting<Grant>(id);
        if (stream.Aggregate is null)
        {
            stream.AppendOne(Issued());
        }

        while (stream.Events.Count < 3)
        {
            stream.AppendOne(new GrantRefreshed(stream.Events.Count, "0f8fad5b"));
        }

        await SaveAsync(session);
        Streams.Return(id);
    }

    private static Task SaveAsync(IDocumentSession session)
    {
        session.CorrelationId = "4bf92f3577b34da6a3ce929d0e0e4736";
        session.LastModifiedBy = "alice@example.com";
        session.QueueSqlCommand("insert into benchmark.outbox (id, destination, body) values (?, ?, ?)", Guid.NewGuid(), "authorization-server", Message);
        return session.SaveChangesAsync();
    }

    private static GrantIssued Issued() => new("alice@example.com", Guid.NewGuid(), DateTimeOffset.UnixEpoch.AddYears(60), ["openid", "orders:read"], "policy-1", 7);

    /// <summary>Hands out streams so that no two writers have the same one: conflicts are not what is measured.</summary>
    private static class Streams
    {
        private static readonly System.Collections.Concurrent.ConcurrentQueue<Guid> Free = new(Enumerable.Range(0, 1_000).Select(_ => Guid.NewGuid()));

        public static Guid Take() => Free.TryDequeue(out var id) ? id : Guid.NewGuid();

        public static void Return(Guid id) => Free.Enqueue(id);
    }
}

/// <summary>About the size of a real grant's first event.</summary>
internal sealed record GrantIssued(string Subject, Guid ApplicationId, DateTimeOffset ExpiresAt, IReadOnlyList<string> Scopes, string Policy, int PolicyVersion);

internal sealed record GrantRefreshed(int Rotation, string TokenHash);

/// <summary>A small aggregate.</summary>
internal sealed class Grant
{
    public Guid Id { get; set; }

    public long Version { get; set; }

    public string Subject { get; set; } = "";

    public Guid ApplicationId { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }

    public IReadOnlyList<string> Scopes { get; set; } = [];

    public int Rotation { get; set; }

    public string TokenHash { get; set; } = "";

    public static Grant Create(GrantIssued e) => new() { Subject = e.Subject, ApplicationId = e.ApplicationId, ExpiresAt = e.ExpiresAt, Scopes = e.Scopes };

    public void Apply(GrantRefreshed e) => (Rotation, TokenHash) = (e.Rotation, e.TokenHash);
}

[JsonSerializable(typeof(GrantIssued))]
[JsonSerializable(typeof(GrantRefreshed))]
[JsonSerializable(typeof(Grant))]
internal sealed partial class BenchmarkJson : JsonSerializerContext;
