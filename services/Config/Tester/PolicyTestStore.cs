using Marten;

namespace ManagedOAuth.Config.Tester;

/// <summary>Keeps tests of policies for a day.</summary>
public sealed class PolicyTestStore(IDocumentStore store)
{
    private const int UsersOfAPage = 500;
    private static readonly TimeSpan s_kept = TimeSpan.FromDays(1);

    /// <summary>Keeps a test with its users, and forgets those whose time is over.</summary>
    /// <param name="test">The test; where its users are is decided here.</param>
    /// <param name="users">The users in their order.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<PolicyTest> SaveAsync(PolicyTest test, IReadOnlyList<TestedUser> users, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(test);
        ArgumentNullException.ThrowIfNull(users);
        const string Over = "where (data ->> 'at')::timestamptz < ?";
        await using var session = store.LightweightSession();
        session.DeleteWhere<PolicyTest>(Over, (test.At - s_kept).UtcDateTime);
        session.DeleteWhere<PolicyTestPage>(Over, (test.At - s_kept).UtcDateTime);
        var parts = new List<PolicyTestPart>();
        foreach (var some in users.Chunk(UsersOfAPage))
        {
            int Count(TestedStatus status) => some.Count(user => user.Status == status);
            var page = new PolicyTestPage { Id = Guid.NewGuid(), At = test.At, Users = some };
            session.Store(page);
            parts.Add(new PolicyTestPart(page.Id, Count(TestedStatus.Approved), Count(TestedStatus.Blocked), Count(TestedStatus.Error)));
        }

        var kept = test with { Parts = parts };
        session.Store(kept);
        await session.SaveChangesAsync(ct);
        return kept;
    }

    /// <summary>A test; null when there is none, or no longer.</summary>
    public async Task<PolicyTest?> FindAsync(Guid id, CancellationToken ct)
    {
        await using var session = store.QuerySession();
        return await session.LoadAsync<PolicyTest>(id, ct) is { Parts: not null } test ? test : null;
    }

    /// <summary>Some users of a test with one outcome, or all: only the documents that have them are read.</summary>
    public async Task<IReadOnlyList<TestedUser>> UsersAsync(PolicyTest test, TestedStatus? status, int skip, int take, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(test);
        var found = new List<TestedUser>();
        await using var session = store.QuerySession();
        foreach (var part in test.Parts ?? [])
        {
            var count = part.Count(status);
            if (skip >= count)
            {
                skip -= count;
                continue;
            }

            if (found.Count >= take || await session.LoadAsync<PolicyTestPage>(part.Id, ct) is not { } page)
            {
                break;
            }

            found.AddRange(page.Users.Where(user => status is null || user.Status == status).Skip(skip).Take(take - found.Count));
            skip = 0;
        }

        return found;
    }
}
