namespace ManagedOAuth.ServiceDefaults.Startup;

/// <summary>
/// The service must not run like this and waiting will not help (a master key that does not fit the database, an unmarked
/// gRPC method). The message tells the operator what is wrong and what to do; the process ends with exit code 1.
/// </summary>
public sealed class StartupRefusedException : Exception
{
    /// <summary>Refuses with a message for the operator.</summary>
    public StartupRefusedException(string message)
        : base(message)
    {
    }

    /// <summary>Refuses with a message for the operator and the cause.</summary>
    public StartupRefusedException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Refuses without saying why.</summary>
    public StartupRefusedException()
    {
    }
}
