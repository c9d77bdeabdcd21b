namespace Marten.Schema;

/// <summary>Creates and upgrades the tables of a store.</summary>
public interface IMartenStorage
{
    /// <summary>
    /// Brings the database to the configured shape. Idempotent; any number of processes may call it at the same time.
    /// Nothing is ever dropped: an object that contradicts the configuration is refused with <see cref="Exceptions.SchemaMigrationException"/>.
    /// </summary>
    Task ApplyAllConfiguredChangesToDatabaseAsync(CancellationToken ct = default);

    /// <summary>The whole schema as one SQL script for an empty database.</summary>
    string ToDatabaseScript();
}
