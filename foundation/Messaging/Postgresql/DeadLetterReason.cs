namespace Wolverine.Postgresql;

/// <summary>Why a message is not tried again.</summary>
internal enum DeadLetterReason
{
    /// <summary>The failure rule had no attempt left, or allowed none.</summary>
    Failed,

    /// <summary>No handler for this message type in the service that listens to the queue.</summary>
    UnknownType,

    /// <summary>The body is not the JSON of this message.</summary>
    Unreadable,

    /// <summary>The body is above the limit.</summary>
    TooLarge,

    /// <summary>Too many nodes died while they held it.</summary>
    NodesDied,
}

/// <summary>The reasons as they stand in the table.</summary>
internal static class DeadLetterReasons
{
    public static string Code(this DeadLetterReason reason) => reason switch
    {
        DeadLetterReason.Failed => "failed",
        DeadLetterReason.UnknownType => "unknown_type",
        DeadLetterReason.Unreadable => "unreadable",
        DeadLetterReason.TooLarge => "too_large",
        _ => "nodes_died",
    };

    public static string Text(this DeadLetterReason reason) => reason switch
    {
        DeadLetterReason.UnknownType => "No handler for this message type listens to the queue.",
        DeadLetterReason.TooLarge => "The body is above the limit for messages.",
        DeadLetterReason.NodesDied => "Too many nodes died while they held this message.",
        _ => "The handler failed.",
    };
}
