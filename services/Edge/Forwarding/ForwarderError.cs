namespace ManagedOAuth.Edge.Forwarding;

/// <summary>Who failed, and when. The forwarder returns it; it does not throw for what happens on the network.</summary>
internal enum ForwarderError
{
    None,

    /// <summary>No connection could be made: nothing was sent, so another replica may be asked.</summary>
    Unreachable,

    /// <summary>The connection broke before the head of the answer was there.</summary>
    Request,

    /// <summary>No progress for too long before the head of the answer was there.</summary>
    TimedOut,

    /// <summary>The client went away.</summary>
    ClientGone,

    /// <summary>The client's body could not be read, or was not as long as it said.</summary>
    RequestBody,

    /// <summary>The head of the answer cannot be passed on.</summary>
    ResponseHead,

    /// <summary>The answer broke off; what had been sent of it is cut off as well, so that nobody takes it for whole.</summary>
    ResponseBody,

    /// <summary>Access ended while the request was under way.</summary>
    AccessEnded,
}
