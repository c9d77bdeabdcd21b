namespace Aspire.Hosting.ApplicationModel;

/// <summary>A resource while the application is put together.</summary>
public interface IResourceBuilder<out T> where T : IResource
{
    /// <summary>The resource.</summary>
    T Resource { get; }

    /// <summary>The application it belongs to.</summary>
    IDistributedApplicationBuilder ApplicationBuilder { get; }

    /// <summary>Says one more thing about the resource.</summary>
    IResourceBuilder<T> WithAnnotation(IResourceAnnotation annotation);
}

internal sealed class ResourceBuilder<T>(T resource, IDistributedApplicationBuilder application) : IResourceBuilder<T> where T : IResource
{
    public T Resource => resource;

    public IDistributedApplicationBuilder ApplicationBuilder => application;

    public IResourceBuilder<T> WithAnnotation(IResourceAnnotation annotation)
    {
        resource.Annotations.Add(annotation);
        return this;
    }
}
