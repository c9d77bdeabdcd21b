using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>What can be said about any resource.</summary>
public static class ResourceBuilderExtensions
{
    /// <summary>The resource starts when all replicas of the other are healthy, and stops before it.</summary>
    public static IResourceBuilder<T> WaitFor<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency) where T : IResource =>
        builder.WithAnnotation(new WaitAnnotation(dependency.Resource, WaitType.WaitUntilHealthy));

    /// <summary>The resource starts when all replicas of the other run, healthy or not, and stops before it.</summary>
    public static IResourceBuilder<T> WaitForStart<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency) where T : IResource =>
        builder.WithAnnotation(new WaitAnnotation(dependency.Resource, WaitType.WaitUntilStarted));

    /// <summary>The resource stops before the other, and does not wait for its start.</summary>
    public static IResourceBuilder<T> StopsBefore<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency) where T : IResource =>
        builder.WithAnnotation(new WaitAnnotation(dependency.Resource, WaitType.OnlyStopsBefore));

    /// <summary>Sets a variable.</summary>
    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, string value) where T : IResourceWithEnvironment =>
        builder.WithEnvironment(context => context.EnvironmentVariables[name] = value);

    /// <summary>Sets a variable to the URL of an endpoint.</summary>
    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, EndpointReference endpoint) where T : IResourceWithEnvironment =>
        builder.WithEnvironment(context => context.EnvironmentVariables[name] = endpoint);

    /// <summary>Sets variables just before each start of a replica.</summary>
    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, Action<EnvironmentCallbackContext> callback) where T : IResourceWithEnvironment =>
        builder.WithAnnotation(new EnvironmentCallbackAnnotation(callback));

    /// <summary>Gives the connection string of a resource as <c>ConnectionStrings__{name}</c>.</summary>
    public static IResourceBuilder<T> WithReference<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResourceWithConnectionString> source) where T : IResourceWithEnvironment =>
        builder.WithEnvironment(context => context.EnvironmentVariables["ConnectionStrings__" + source.Resource.Name] = source.Resource.GetConnectionString());

    /// <summary>
    /// Gives the addresses of a resource as <c>services__{resource}__{endpoint}__{n}</c>, one n for each replica: clients balance themselves.
    /// Endpoints that replicas share are for the public and are not given.
    /// </summary>
    public static IResourceBuilder<T> WithReference<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResourceWithEndpoints> source) where T : IResourceWithEnvironment =>
        builder.WithEnvironment(context =>
        {
            var replicas = source.Resource.Annotations.OfType<ReplicaAnnotation>().LastOrDefault()?.Replicas ?? 1;
            foreach (var endpoint in source.Resource.Annotations.OfType<EndpointAnnotation>().Where(endpoint => !endpoint.IsShared))
            {
                for (var n = 0; n < replicas; n++)
                {
                    context.EnvironmentVariables[$"services__{source.Resource.Name}__{endpoint.Name}__{n}"] = endpoint.UrlOf(n);
                }
            }
        });

    /// <summary>Adds arguments.</summary>
    public static IResourceBuilder<T> WithArgs<T>(this IResourceBuilder<T> builder, params string[] args) where T : ExecutableResource
    {
        foreach (var argument in args)
        {
            builder.Resource.Arguments.Add(argument);
        }
        return builder;
    }

    /// <summary>Runs several processes of it.</summary>
    public static IResourceBuilder<T> WithReplicas<T>(this IResourceBuilder<T> builder, int replicas) where T : ExecutableResource
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(replicas, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(replicas, 32);
        return builder.WithAnnotation(new ReplicaAnnotation(replicas));
    }

    /// <summary>Shows a link beside the resource.</summary>
    public static IResourceBuilder<T> WithUrl<T>(this IResourceBuilder<T> builder, string url, string displayText) where T : IResource =>
        builder.WithAnnotation(new ResourceUrlAnnotation(url, displayText));
}
