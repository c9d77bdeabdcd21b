using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Tags;

/// <summary><c>/access/tags</c>: a tag is addressed by its name.</summary>
public static class TagEndpoints
{
    public static void MapTags(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var tags = access.MapCollection<Tag, TagObject>();
        tags.MapGet("/{name}", (string name, ConfigurationLog log, ObjectEndpoints<Tag, TagObject> endpoints, CancellationToken ct) => endpoints.Get(IdOf(name, log), ct));
        tags.MapPost("/", (HttpRequest request, ObjectEndpoints<Tag, TagObject> endpoints, CancellationToken ct) => endpoints.Create(request, ct));
        tags.MapReplace("/{name}", (string name, HttpRequest request, ConfigurationLog log, ObjectEndpoints<Tag, TagObject> endpoints, CancellationToken ct)
            => endpoints.Replace(IdOf(name, log), request, ct));
        tags.MapDelete("/{name}", (string name, ConfigurationLog log, ObjectEndpoints<Tag, TagObject> endpoints, CancellationToken ct) => endpoints.Remove(IdOf(name, log), ct));
    }

    private static Guid IdOf(string name, ConfigurationLog log)
        => log.Current.Snapshot.Tags.Values.FirstOrDefault(tag => tag.Name == name)?.Id ?? Guid.Empty;
}
