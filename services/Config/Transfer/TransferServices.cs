using ManagedOAuth.Config.Transfer.Jobs;

namespace ManagedOAuth.Config.Transfer;

/// <summary>Export, apply and jobs.</summary>
public static class TransferServices
{
    public static void AddTransfer(this IServiceCollection services)
    {
        services.AddSingleton<ConfigurationExport>();
        services.AddSingleton<TransferPlanner>();
        services.AddSingleton<TransferUploads>();
        services.AddSingleton<TransferJobFiles>();
        services.AddSingleton<TransferJobs>();
        services.AddScoped<ConfigurationApply>();
        services.AddSingleton<TransferJobRunner>();
        services.AddAfterStartupSteps(later => later.AddHostedService(provider => provider.GetRequiredService<TransferJobRunner>()));
    }

    public static void MapTransfer(this RouteGroupBuilder access)
    {
        access.MapExport();
        access.MapApply();
        access.MapJobs();
    }
}
