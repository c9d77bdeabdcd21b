using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>Who waits for whom.</summary>
internal static class ResourceGraph
{
    public static IEnumerable<IResource> DependantsOf(IResource resource, IEnumerable<IResource> all) =>
        all.Where(other => other.Annotations.OfType<WaitAnnotation>().Any(wait => wait.Resource == resource));

    /// <exception cref="DistributedApplicationException">Resources wait for each other in a circle and none could ever start.</exception>
    public static void ThrowIfCyclic(IEnumerable<IResource> all)
    {
        var finished = new HashSet<IResource>();
        var path = new List<IResource>();
        void Visit(IResource resource)
        {
            if (finished.Contains(resource))
            {
                return;
            }
            if (path.Contains(resource))
            {
                throw new DistributedApplicationException("Resources wait for each other: " + string.Join(" -> ", path.SkipWhile(r => r != resource).Append(resource).Select(r => r.Name)));
            }
            path.Add(resource);
            foreach (var wait in resource.Annotations.OfType<WaitAnnotation>())
            {
                Visit(wait.Resource);
            }
            path.RemoveAt(path.Count - 1);
            finished.Add(resource);
        }
        foreach (var resource in all)
        {
            Visit(resource);
        }
    }
}
