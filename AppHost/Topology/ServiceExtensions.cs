using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using ManagedOAuth.AppHost.Database;
using ManagedOAuth.AppHost.Keys;

namespace ManagedOAuth.AppHost.Topology;

/// <summary>What our services are given beyond Aspire's conventions.</summary>
internal static class ServiceExtensions
{
    /// <summary>One of our services: two endpoints (HTTP/1.1 and gRPC), health, replicas as the command line says, and its identity.</summary>
    public static IResourceBuilder<ProjectResource> AddService(this IDistributedApplicationBuilder builder, string name, string project, AppHostOptions options, ServiceKeys keys) =>
        builder.AddProject(name, project)
            .WithHttpEndpoint()
            .WithLaterOptimization()
            .WithReplicas(options.ReplicasOf(name))
            .WithHttpHealthCheck("/health")
            .WithEnvironment("ServiceIdentity__Name", name)
            .WithEnvironment("ServiceIdentity__KeyFile", keys.PrivateKeyFile(name))
            .WithEnvironment("ServiceIdentity__TrustedKeys", keys.TrustedDirectory)

            // Everything of the local topology is on this machine: the servers that portals stand in front of too.
            .WithEnvironment("Outbound__AllowedNetworks__0", "127.0.0.0/8")
            .WithEnvironment("Outbound__AllowedNetworks__1", "::1/128");

    /// <summary>
    /// Methods are compiled a second time, optimized, when no new one has been met for 1 s (0x3e8 ms) instead of 0.1 s. While everything starts at
    /// once, each short pause of a process would be filled with optimizing what ran only for its start, on cores that others wait for: a third of
    /// the CPU of a start.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithLaterOptimization(this IResourceBuilder<ProjectResource> builder) =>
        builder.WithEnvironment("DOTNET_TC_CallCountingDelayMs", "3E8");

    /// <summary>The database as the service's own role sees it, and the key of what it seals there.</summary>
    public static IResourceBuilder<ProjectResource> WithDatabase(this IResourceBuilder<ProjectResource> builder, IResourceBuilder<PostgresDatabaseResource> database, string role, ServiceKeys keys) =>
        builder
            .WithEnvironment(context => context.EnvironmentVariables["ConnectionStrings__" + database.Resource.Name] =
                DatabaseSetup.ConnectionStringOf(database.Resource.GetConnectionString(), role, keys.DatabasePassword(role)))
            .WithEnvironment("KeysAtRest__MasterKeyFile", keys.MasterKeyFile)
            .WaitFor(database);
}
