using System.Collections.Concurrent;
using Marten;
using Marten.Events;
using Wolverine;
using Wolverine.Attributes;
using Wolverine.Marten;

namespace ManagedOAuth.Foundation.Tests.Messaging;

// The messages, the aggregate and the handlers that the messaging tests work with.
public sealed record Record(string Key);

public sealed record Relay(string Key, int Left);

public sealed record Fail(string Key, int Times);

public sealed record Wait(string Key);

public sealed record Boom(string Key);

[MessageIdentity("renamed")]
public sealed record NamedByAttribute(string Key);

public sealed record OpenCounter(Guid CounterId, int First);

public sealed record Increase(Guid CounterId, int By);

public sealed record IncreaseIfThere(Guid CounterId, int By);

public sealed record CounterOpened(int First);

public sealed record CounterIncreased(int By);

public sealed class Counter
{
    public Guid Id { get; set; }

    public long Version { get; set; }

    public int Total { get; set; }

    public static Counter Create(CounterOpened opened) => new() { Total = opened.First };

    public void Apply(CounterIncreased increased) => Total += increased.By;
}

/// <summary>What the handlers of one host were seen doing; not part of any transaction.</summary>
public sealed class Probe
{
    private readonly ConcurrentDictionary<string, int> _attempts = new();

    public ConcurrentQueue<string> Seen { get; } = new();

    public ConcurrentQueue<System.Diagnostics.Activity?> Activities { get; } = new();

    public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Attempt(string key) => _attempts.AddOrUpdate(key, 1, (_, n) => n + 1);

    public int Attempts(string key) => _attempts.GetValueOrDefault(key);
}

/// <summary>Inserts a row into a table without any key: an effect that happens twice is seen twice.</summary>
public static class RecordHandler
{
    public static void Handle(Record message, IDocumentSession session, Probe probe)
    {
        probe.Seen.Enqueue(message.Key);
        probe.Activities.Enqueue(System.Diagnostics.Activity.Current);
        Effects.Add(session, message.Key);
    }
}

/// <summary>Each message leaves an effect and cascades into the next.</summary>
public static class RelayHandler
{
    public static Relay? Handle(Relay message, IDocumentSession session)
    {
        Effects.Add(session, $"{message.Key}/{message.Left}");
        return message.Left > 0 ? message with { Left = message.Left - 1 } : null;
    }
}

/// <summary>Fails as often as the message says, after it has written, published and appended: none of that may last.</summary>
public static class FailHandler
{
    public static async Task Handle(Fail message, IDocumentSession session, IMessageContext bus, Probe probe)
    {
        Effects.Add(session, message.Key);
        session.Events.Append(Guid.NewGuid(), new CounterOpened(1));
        await bus.PublishAsync(new Record($"{message.Key}/cascaded"));
        if (probe.Attempt(message.Key) <= message.Times)
        {
            throw new InvalidDataException($"Attempt for {message.Key}");
        }
    }
}

/// <summary>Waits until the test opens the gate.</summary>
public static class WaitHandler
{
    public static async Task Handle(Wait message, IDocumentSession session, Probe probe, CancellationToken ct)
    {
        Effects.Add(session, message.Key);
        probe.Entered.TrySetResult();
        await probe.Gate.Task.WaitAsync(ct);
    }
}

public static class BoomHandler
{
    public static void Handle(Boom message) => throw new NotSupportedException(message.Key);
}

public static class NamedByAttributeHandler
{
    public static void Handle(NamedByAttribute message, IDocumentSession session) => Effects.Add(session, message.Key);
}

/// <summary>The shapes of an event-sourced service: start, append, append when there.</summary>
public static class CounterHandler
{
    public static IStartStream Handle(OpenCounter message) => MartenOps.StartStream<Counter>(message.CounterId, new CounterOpened(message.First));

    public static (Events, OutgoingMessages) Handle(Increase message, [WriteModel] Counter counter)
        => ([new CounterIncreased(message.By)], [new Record($"{counter.Id}/{counter.Total + message.By}")]);

    public static CounterIncreased? Handle(IncreaseIfThere message, [WriteModel] Counter? counter)
        => counter is null ? null : new CounterIncreased(message.By);
}

public static class Effects
{
    public static void Add(IDocumentSession session, string key) => session.QueueSqlCommand("insert into effects (key) values (?)", key);
}
