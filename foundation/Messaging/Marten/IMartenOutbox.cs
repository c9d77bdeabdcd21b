using Marten;

namespace Wolverine.Marten;

/// <summary>The bus for code outside handlers that changes data: its messages are stored when the session is saved, or not at all.</summary>
public interface IMartenOutbox : IMessageBus
{
    /// <summary>The session that the messages go with.</summary>
    IDocumentSession? Session { get; }

    /// <summary>Ties the messages that follow to this session.</summary>
    void Enroll(IDocumentSession session);
}
