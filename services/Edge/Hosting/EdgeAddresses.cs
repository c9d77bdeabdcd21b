using Microsoft.Extensions.Options;

namespace ManagedOAuth.Edge.Hosting;

/// <summary>Our own two domains, as every link to them is written: scheme and authority, lower case, no final slash.</summary>
internal sealed class EdgeAddresses(IOptions<EdgeOptions> options)
{
    public string TeamOrigin { get; } = OriginOf(options.Value.TeamDomain);

    public string DashboardOrigin { get; } = OriginOf(options.Value.DashboardDomain);

    private static string OriginOf(string url) => new Uri(url).GetLeftPart(UriPartial.Authority).ToLowerInvariant();
}
