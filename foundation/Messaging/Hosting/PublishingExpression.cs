using Wolverine.Postgresql;

namespace Wolverine;

/// <summary>One routing rule: these messages go to these queues.</summary>
public sealed class PublishingExpression
{
    internal HashSet<Type> Messages { get; } = [];

    internal HashSet<string> Queues { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds a message type to the rule.</summary>
    public PublishingExpression Message<T>()
    {
        Messages.Add(typeof(T));
        return this;
    }

    /// <summary>Adds a receiver. Each receiver gets a row of its own and handles the message once.</summary>
    public PublishingExpression ToPostgresqlQueue(string queueName)
    {
        Queues.Add(Identifiers.CheckQueue(queueName));
        return this;
    }
}
