using Marten.Events;

namespace Marten;

/// <summary>The content of a unit of work.</summary>
public interface IChangeSet
{
    /// <summary>Documents stored or inserted.</summary>
    IReadOnlyList<object> Stored { get; }

    /// <summary>Events appended, stream by stream. After the commit they carry version, sequence and timestamp.</summary>
    IReadOnlyList<IEvent> GetEvents();

    /// <summary>Streams started or appended to.</summary>
    IReadOnlyList<StreamAction> GetStreams();
}
