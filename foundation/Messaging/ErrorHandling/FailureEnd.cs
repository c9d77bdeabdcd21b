namespace Wolverine.ErrorHandling;

/// <summary>What becomes of a message that has no attempt left.</summary>
internal enum FailureEnd
{
    /// <summary>It is kept as a dead letter with the reason.</summary>
    DeadLetter,

    /// <summary>It is logged and forgotten.</summary>
    Discard,
}
