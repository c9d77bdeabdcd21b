namespace ManagedOAuth.ServiceDefaults.KeysAtRest;

/// <summary>The service's data key has not been read from the database yet. An outage: answered 503.</summary>
public sealed class KeysUnavailableException : Exception
{
    /// <summary>The one message there is.</summary>
    public KeysUnavailableException()
        : base("The keys at rest are not open yet: the service's start-up waits for its database.")
    {
    }

    /// <summary>With a message.</summary>
    public KeysUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>With a message and a cause.</summary>
    public KeysUnavailableException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
