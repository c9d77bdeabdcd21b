using ManagedOAuth.ServiceDefaults.Startup;
using Marten;
using Npgsql;

namespace ManagedOAuth.ServiceDefaults.Store;

/// <summary>The one data source of a service.</summary>
internal static class ServiceDataSource
{
    private const int LargestPool = 16;

    /// <exception cref="StartupRefusedException">The connection string is missing or cannot be read.</exception>
    public static NpgsqlDataSource Create(string? connectionString, ServiceName service)
    {
        if (string.IsNullOrEmpty(connectionString))
        {
            throw new StartupRefusedException("ConnectionStrings:managedoauth is missing. It looks like: Host=127.0.0.1;Port=5432;Username=...;Password=...;Database=managedoauth");
        }

        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString)
            {
                // Commands have their own, shorter deadlines in the store (10 s, too); this is for whoever forgets one.
                CommandTimeout = 10,

                // How long a cancelled command may still hold its connection; finds a server that hangs.
                CancellationTimeout = 2000,
                KeepAlive = 30,
                IncludeErrorDetail = false,
                PersistSecurityInfo = false,
                ApplicationName = service.Value,
            };
            settings.MaxPoolSize = Math.Min(settings.MaxPoolSize, LargestPool);
            return StoreDataSource.Create(settings.ConnectionString, service.Value);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            // Without the inner message: it may quote the string, password and all.
            throw new StartupRefusedException($"ConnectionStrings:managedoauth cannot be read ({exception.GetType().Name}).");
        }
    }
}
