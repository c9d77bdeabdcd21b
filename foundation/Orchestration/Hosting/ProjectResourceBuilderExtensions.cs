using System.Runtime.InteropServices;
using System.Xml.Linq;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Processes;
using Aspire.Hosting.Running;

namespace Aspire.Hosting;

/// <summary>Adding programs and projects.</summary>
public static class ProjectResourceBuilderExtensions
{
    /// <summary>How long a service may take to finish what it is doing when it is asked to end.</summary>
    public static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(25);

    /// <summary>Variables of the host that would mislead a child: what it gets of this kind, it gets on purpose.</summary>
    private static readonly string[] s_notInherited =
        ["ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT", "DOTNET_LAUNCH_PROFILE", "Kestrel__*", "ConnectionStrings__*", "services__*"];

    /// <summary>Adds a program.</summary>
    public static IResourceBuilder<ExecutableResource> AddExecutable(this IDistributedApplicationBuilder builder, string name, string command, string workingDirectory, params string[] args)
    {
        var resource = new ExecutableResource(name, command, Path.GetFullPath(workingDirectory, builder.AppHostDirectory));
        foreach (var argument in args)
        {
            resource.Arguments.Add(argument);
        }
        return builder.AddLaunched(resource);
    }

    /// <summary>
    /// Adds a project, run as the assembly that the build made: from the same configuration (Debug, Release) as the host, in the project's folder.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">Name of the resource.</param>
    /// <param name="projectPath">The project file, relative to the host's project folder.</param>
    /// <exception cref="DistributedApplicationException">The project is not there or not built.</exception>
    public static IResourceBuilder<ProjectResource> AddProject(this IDistributedApplicationBuilder builder, string name, string projectPath)
    {
        var project = Path.GetFullPath(projectPath, builder.AppHostDirectory);
        var resource = new ProjectResource(name, DotnetHost(), Path.GetDirectoryName(project)!);
        resource.Arguments.Add(BuiltAssembly(project));
        return builder.AddLaunched(resource).WithEnvironment(context =>
        {
            var variables = context.EnvironmentVariables;
            variables["ASPNETCORE_ENVIRONMENT"] = builder.Environment.EnvironmentName;
            variables["OTEL_SERVICE_NAME"] = name;
            variables["OTEL_RESOURCE_ATTRIBUTES"] = "service.instance.id=" + context.Replica.Id;
            foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>().Where(endpoint => !endpoint.IsShared))
            {
                variables[$"Kestrel__Endpoints__{endpoint.Name}__Url"] = endpoint.UrlOf(context.Replica.Index);
                if (endpoint.Transport == "http2")
                {
                    variables[$"Kestrel__Endpoints__{endpoint.Name}__Protocols"] = "Http2";
                }
            }
        });
    }

    private static IResourceBuilder<T> AddLaunched<T>(this IDistributedApplicationBuilder builder, T resource) where T : ExecutableResource =>
        builder.AddResource(resource).WithAnnotation(new LauncherAnnotation(async (context, _) =>
            new RunningProcess(await ChildProcess.StartAsync(new ChildProcessOptions
            {
                FileName = resource.Command,
                Arguments = [.. resource.Arguments],
                WorkingDirectory = resource.WorkingDirectory,
                NotInherited = s_notInherited,
                Environment = VariablesOf(context.Replica),
                OnLine = context.OnLine,
            }).ConfigureAwait(false), Native.SIGTERM, StopGrace)));

    /// <summary>The variables that a replica receives on top of the inherited ones.</summary>
    internal static Dictionary<string, string?> VariablesOf(ResourceReplica replica)
    {
        var context = new EnvironmentCallbackContext(replica);
        foreach (var annotation in replica.Resource.Annotations.OfType<EnvironmentCallbackAnnotation>())
        {
            annotation.Callback(context);
        }
        return context.EnvironmentVariables.ToDictionary(variable => variable.Key, variable => variable.Value.ToString());
    }

    /// <summary>The <c>dotnet</c> that runs this very process, wherever it was installed.</summary>
    internal static string DotnetHost() => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));

    private static string BuiltAssembly(string project)
    {
        if (!File.Exists(project))
        {
            throw new DistributedApplicationException($"There is no project {project}.");
        }
        var name = XDocument.Load(project).Descendants("AssemblyName").FirstOrDefault()?.Value;
        var folder = Path.Combine(Path.GetDirectoryName(project)!, "bin", BuildFolder());
        var candidates = Directory.Exists(folder)
            ? Directory.GetFiles(folder, (name ?? "*") + ".runtimeconfig.json").Select(file => file[..^".runtimeconfig.json".Length] + ".dll").Where(File.Exists).ToList()
            : [];
        return candidates.Count == 1 ? candidates[0] : throw new DistributedApplicationException($"{project} is not built ({folder} holds no program): run dotnet build first.");
    }

    /// <summary><c>Debug/net10.0</c>, as in this host's own path.</summary>
    private static string BuildFolder()
    {
        var parts = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory).Split(Path.DirectorySeparatorChar);
        var bin = Array.LastIndexOf(parts, "bin");
        return bin < 0 ? Path.Combine("Release", "net10.0") : Path.Combine(parts[(bin + 1)..]);
    }
}
