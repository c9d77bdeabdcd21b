namespace ManagedOAuth.Edge.Forwarding;

/// <summary>What a request header is to a proxy.</summary>
internal enum HeaderKind
{
    /// <summary>Passes as it is.</summary>
    Plain,

    /// <summary>Belongs to one connection (RFC 9110 §7.6.1) and is made anew for the next.</summary>
    HopByHop,

    /// <summary>Says who the user is or what the edge vouches for: only we set these.</summary>
    Identity,

    /// <summary>Says where a request came from or what it originally was: only we set these.</summary>
    Forwarding,

    /// <summary>Trace context: ours is set instead.</summary>
    Trace,

    Host,
    Authorization,
    Cookie,
    ContentLength,
}
