namespace ManagedOAuth.ServiceDefaults.Startup;

/// <summary>
/// Work that must be done before the service is ready and that needs another process: tables, keys, first rows.
/// Steps run in the order of their registration, after the server listens, and are tried again until they succeed;
/// so services start in any order. A step must be idempotent and safe against another replica doing the same.
/// </summary>
public interface IStartupStep
{
    /// <summary>What it does, for logs: "apply the schema".</summary>
    string Name { get; }

    /// <summary>
    /// Does it. An exception means "not yet" and is tried again, except <see cref="StartupRefusedException"/>.
    /// </summary>
    Task RunAsync(CancellationToken cancellation);
}
