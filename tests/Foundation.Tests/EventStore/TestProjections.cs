using Marten;
using Marten.Events;
using Marten.Events.Projections;

namespace ManagedOAuth.Foundation.Tests.EventStore;

public sealed class UserGrants
{
    public string Id { get; set; } = "";

    public int Issued { get; set; }

    public List<Guid> Grants { get; set; } = [];
}

public sealed class UserGrantsProjection : MultiStreamProjection<UserGrants, string>
{
    public UserGrantsProjection() => Identity<GrantIssued>(e => e.Subject);

    public static void Apply(IEvent<GrantIssued> e, UserGrants view)
    {
        view.Issued++;
        view.Grants.Add(e.StreamId);
    }
}

/// <summary>One line per event, so that nothing skipped or doubled goes unseen.</summary>
public sealed class GrantLine
{
    public string Id { get; set; } = "";

    public long Sequence { get; set; }

    public int Times { get; set; }
}

/// <summary>Counts how often it sees each event; refuses those noted as poison.</summary>
public sealed class GrantLines : EventProjection
{
    public GrantLines() => DeleteViewTypeOnTeardown<GrantLine>();

    public static Task Project(IEvent<GrantIssued> e, IDocumentOperations operations) => LineAsync(e, operations);

    public static Task Project(IEvent<GrantRefreshed> e, IDocumentOperations operations) => LineAsync(e, operations);

    public static Task Project(IEvent<GrantNoted> e, IDocumentOperations operations) =>
        e.Data.Note == "poison" ? throw new InvalidOperationException("I cannot take this.") : LineAsync(e, operations);

    private static async Task LineAsync(IEvent e, IDocumentOperations operations)
    {
        var line = await operations.LoadAsync<GrantLine>($"{e.Sequence}") ?? new GrantLine { Id = $"{e.Sequence}", Sequence = e.Sequence };
        line.Times++;
        operations.Store(line);
    }
}
