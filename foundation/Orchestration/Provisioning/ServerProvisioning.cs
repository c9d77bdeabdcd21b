using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local;
using Aspire.Hosting.Running;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Provisioning;

/// <summary>One kind of server: its names in the three ways to have it.</summary>
internal sealed record ServerKind(string DisplayName, string Package, string Service, Func<bool> IsInstalled, Func<LocalServerOptions, ILocalServer> CreateLocal, ContainerImage Image)
{
    public static readonly ServerKind Postgres = new("PostgreSQL", "postgresql", "postgresql", () => LocalPostgres.IsInstalled, options => new LocalPostgres(options), ContainerImage.Postgres);
    public static readonly ServerKind Redis = new("Redis", "redis-server", "redis-server", () => LocalRedis.IsInstalled, options => new LocalRedis(options), ContainerImage.Redis);
}

/// <summary>Places a server resource: given, local, container or freshly installed.</summary>
internal static class ServerProvisioning
{
    public static void AddTo<T>(IResourceBuilder<T> builder, ServerKind kind, Func<string?> dataDirectory, Func<IEnumerable<string>> connectionNames, Action<Func<string>> setConnectionString) where T : IResource
    {
        ILocalServer? server = null;
        Action<string, bool> onLine = (_, _) => { };
        builder.WithAnnotation(new PrepareAnnotation(async (say, ct) =>
        {
            var configuration = builder.ApplicationBuilder.Configuration;
            var given = connectionNames().Select(name => configuration.GetConnectionString(name)).FirstOrDefault(value => !string.IsNullOrWhiteSpace(value));
            var placement = await ServerPlacementRule.ChooseAsync(given is not null, kind.IsInstalled(), () => ContainerEngine.AnswersAsync(), DistributionPackages.CanInstallAsync).ConfigureAwait(false);
            if (placement == ServerPlacement.Impossible)
            {
                throw new DistributedApplicationException(MissingMessage(kind, connectionNames().Last()));
            }
            if (placement == ServerPlacement.Given)
            {
                setConnectionString(() => given!);
                return;
            }
            if (placement == ServerPlacement.Install)
            {
                say($"{kind.DisplayName} is not installed here, and no container engine answers.");
                await DistributionPackages.InstallAsync(kind.Package, kind.Service, say, ct).ConfigureAwait(false);
            }
            var temporary = dataDirectory() is null;
            var options = new LocalServerOptions
            {
                Directory = dataDirectory() ?? Directory.CreateTempSubdirectory("managedoauth-" + builder.Resource.Name + "-").FullName,
                Temporary = temporary,
                OnLine = line => onLine(line, false),
            };
            server = Create(kind, placement, options);
            setConnectionString(() => server.ConnectionString);
        }));
        builder.WithAnnotation(new LauncherAnnotation(async (context, ct) =>
        {
            if (server is null)
            {
                return new RunningElsewhere();
            }
            onLine = context.OnLine;
            await server.StartAsync(ct).ConfigureAwait(false);
            return new RunningServer(server);
        }));
        builder.WithAnnotation(new OwnedAnnotation(() => server?.DisposeAsync() ?? ValueTask.CompletedTask));
    }

    private static ILocalServer Create(ServerKind kind, ServerPlacement placement, LocalServerOptions options)
    {
        try
        {
            return placement == ServerPlacement.Container ? new ContainerServer(kind.Image, options) : kind.CreateLocal(options);
        }
        catch (InvalidOperationException e)
        {
            throw new DistributedApplicationException(e.Message, e);
        }
    }

    internal static string MissingMessage(ServerKind kind, string connectionName) => $"""
        {kind.DisplayName} is needed and there is none. Any of these three helps:
          1. install it:           apt-get install {kind.Package}   (or your system's package)
          2. run a container engine, so that 'docker info' succeeds
          3. name a running one:   ConnectionStrings__{connectionName}=... in the environment
        """;

    private sealed class RunningServer(ILocalServer server) : IRunningResource
    {
        public int? ProcessId { get; } = server.ProcessId;

        public long? ProcessStartTime { get; } = server.ProcessStartTime;

        public Task<int> Exited { get; } = server.Exited;

        public Task StopAsync() => server.StopAsync();
    }
}
