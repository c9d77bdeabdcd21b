namespace ManagedOAuth.ServiceDefaults.HotStore;

/// <summary>Redis did not answer in time or not at all. An outage, never a "no": the client is told 503 and to come again.</summary>
public sealed class HotStoreUnavailableException : Exception
{
    /// <summary>With what went wrong.</summary>
    public HotStoreUnavailableException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>Without a cause.</summary>
    public HotStoreUnavailableException()
    {
    }

    /// <summary>With what went wrong.</summary>
    public HotStoreUnavailableException(string message)
        : base(message)
    {
    }
}
