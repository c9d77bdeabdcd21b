using Grpc.Core;

namespace ManagedOAuth.Edge.Telemetry;

/// <summary>
/// Entries that wait to be taken, and how many of them are sent at once: fewer where the receiver cannot take them, until the one that it never takes is found
/// and given up; more again when it takes them. Pure.
/// </summary>
internal sealed class ReportBatch<TEntry>
{
    /// <summary>Most entries of a report.</summary>
    public const int Maximum = 500;

    /// <summary>So often a single entry is tried.</summary>
    public const int Tries = 3;

    private readonly List<TEntry> _entries = [];
    private int _size = Maximum;
    private int _failures;

    /// <summary>Taken from the queue and not yet accepted.</summary>
    public int Count => _entries.Count;

    public bool IsFull => Count >= Maximum;

    /// <summary>What is sent next.</summary>
    public IReadOnlyList<TEntry> Next => _entries.Count <= _size ? _entries : _entries[.._size];

    public void Add(TEntry entry) => _entries.Add(entry);

    /// <summary>What was sent is accepted.</summary>
    public void Taken()
    {
        Remove();
        _size = Math.Min(_size * 2, Maximum);
    }

    /// <summary>What was sent is not accepted.</summary>
    /// <param name="status">Why.</param>
    public ReportFailure Refused(StatusCode status)
    {
        switch (status)
        {
            case StatusCode.Unimplemented or StatusCode.PermissionDenied:
                // No report is taken from this edge, however small.
                return new(true, Remove());

            // Too large, or something in it that the receiver cannot take; one whose own parts are away says Unavailable.
            case StatusCode.ResourceExhausted or StatusCode.InvalidArgument or StatusCode.OutOfRange or StatusCode.FailedPrecondition
                or StatusCode.Internal or StatusCode.Unknown or StatusCode.DataLoss:
                var sent = Next.Count;
                if (sent > 1)
                {
                    _size = sent / 2;
                    return new(true, 0);
                }

                return ++_failures < Tries ? new(true, 0) : new(true, Remove());
            default:
                return new(false, 0);
        }
    }

    /// <summary>Gives everything up; tells how much that was.</summary>
    public int Clear()
    {
        var count = Count;
        _entries.Clear();
        _failures = 0;
        return count;
    }

    private int Remove()
    {
        var count = Next.Count;
        _entries.RemoveRange(0, count);
        _failures = 0;
        return count;
    }
}

/// <summary>What follows from a report that was not accepted.</summary>
/// <param name="IsAnswered">The receiver is there: what is left is sent soon. False = it is away.</param>
/// <param name="Dropped">Entries that are given up.</param>
internal readonly record struct ReportFailure(bool IsAnswered, int Dropped);
