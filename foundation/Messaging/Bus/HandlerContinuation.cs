namespace Wolverine;

/// <summary>What a <c>Validate</c> or <c>Load</c> method decides about the rest of the handler.</summary>
public enum HandlerContinuation
{
    /// <summary>Go on to the next step.</summary>
    Continue,

    /// <summary>The message is done: nothing to do for it. It counts as handled.</summary>
    Stop,
}
