using ManagedOAuth.Edge.OpenStreams;

namespace ManagedOAuth.Edge.Forwarding;

/// <summary>One forwarding: where, how, for how long.</summary>
internal sealed class ForwardRequest
{
    /// <summary>Scheme, authority and path prefix, without a final slash.</summary>
    public required string Prefix { get; init; }

    /// <summary>Path and query exactly as they were received and checked.</summary>
    public required string PathAndQuery { get; init; }

    public required HttpMessageInvoker Client { get; init; }

    public required IForwardTransform Transform { get; init; }

    /// <summary>Time without progress after which it is given up.</summary>
    public required TimeSpan ActivityTimeout { get; init; }

    /// <summary>The same for event streams and upgraded connections, which may be silent for long.</summary>
    public required TimeSpan StreamIdleTimeout { get; init; }

    /// <summary>Whether an upgrade to WebSocket is passed on.</summary>
    public bool AllowUpgrade { get; init; }

    /// <summary>Registers what lasts, so that it ends with the access that opened it; null where there is none (Bypass, our services).</summary>
    public Func<ActivityTimeout, OpenStream>? OpenStream { get; init; }
}
