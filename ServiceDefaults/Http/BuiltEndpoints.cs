using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Reading what is mapped, for checks at start.</summary>
public static class BuiltEndpoints
{
    /// <summary>
    /// The endpoints mapped so far, built once: whoever reads them later, the router too, gets the same. A source of routes
    /// builds its endpoints, and compiles their handlers, anew each time it is read; the admin API's take most of a second.
    /// Conventions added to these routes afterwards have no effect.
    /// </summary>
    public static IReadOnlyList<Endpoint> BuildEndpoints(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        var sources = routes.DataSources;
        if (sources.Count != 1 || sources.Single() is not CompositeEndpointDataSource)
        {
            var built = new CompositeEndpointDataSource([.. sources]);
            sources.Clear();
            sources.Add(built);
        }

        return sources.Single().Endpoints;
    }
}
