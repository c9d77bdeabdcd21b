using System.Text.Json;
using System.Text.RegularExpressions;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Protocol;

namespace ManagedOAuth.Edge.Portals.Methods;

/// <summary>
/// Which server a resource belongs to. URIs are left as they are, so that links inside answers stay good; of two servers that the user sees with the
/// same URI, the first in the portal has it.
/// </summary>
internal static partial class ResourceRoutes
{
    /// <summary>The resources that are listed for somebody: each URI once.</summary>
    public static IEnumerable<JsonElement> Resources(PortalRequest request) => Once(request, server => server.Catalog?.Resources ?? [], "uri");

    /// <summary>The templates that are listed for somebody: each once.</summary>
    public static IEnumerable<JsonElement> Templates(PortalRequest request) => Once(request, server => server.Catalog?.ResourceTemplates ?? [], "uriTemplate");

    /// <summary>
    /// The server of a URI: the one that lists it, else the first with a template that it fits, else the only one that has resources at all. Null: none.
    /// </summary>
    public static PortalServer? Find(PortalRequest request, string uri)
    {
        var servers = request.ActiveServers.Where(server => HasResources(server)).ToList();
        return servers.Find(server => server.Catalog!.Resources.Any(resource => RpcMessage.Member(resource, "uri").GetStringOrNull() == uri))
            ?? servers.Find(server => server.Catalog!.ResourceTemplates.Any(template => Fits(RpcMessage.Member(template, "uriTemplate").GetStringOrNull(), uri)))
            ?? (servers.Count == 1 ? servers[0] : null);
    }

    /// <summary>The server of a template.</summary>
    public static PortalServer? FindTemplate(PortalRequest request, string template)
        => request.ActiveServers.FirstOrDefault(server => server.Catalog?.ResourceTemplates.Any(entry => RpcMessage.Member(entry, "uriTemplate").GetStringOrNull() == template) == true);

    private static bool HasResources(PortalServer server)
        => server.Catalog is { } catalog
            && (catalog.Resources.Count > 0 || catalog.ResourceTemplates.Count > 0
                || RpcMessage.Member(catalog.Capabilities ?? default, "resources").ValueKind == JsonValueKind.Object);

    private static IEnumerable<JsonElement> Once(PortalRequest request, Func<PortalServer, IReadOnlyList<JsonElement>> entries, string key)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        return request.ActiveServers.SelectMany(entries).Where(entry => RpcMessage.Member(entry, key).GetStringOrNull() is { } uri && known.Add(uri));
    }

    // Expressions of RFC 6570 match whatever could stand there; which server answers is all that hangs on it.
    internal static bool Fits(string? template, string uri)
    {
        if (template is not { Length: > 0 and <= 1024 } || uri.Length > 8192)
        {
            return false;
        }

        var literals = Expression().Split(template);
        var rest = uri.AsSpan();
        if (literals.Length == 1 || !rest.StartsWith(literals[0], StringComparison.Ordinal))
        {
            return template == uri;
        }

        // The first place is as good as any: what stands between may be anything.
        rest = rest[literals[0].Length..];
        foreach (var literal in literals[1..^1])
        {
            if (rest.IndexOf(literal, StringComparison.Ordinal) is not (>= 0 and var at))
            {
                return false;
            }

            rest = rest[(at + literal.Length)..];
        }

        return rest.EndsWith(literals[^1], StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\{[^{}]*\}")]
    private static partial Regex Expression();
}
