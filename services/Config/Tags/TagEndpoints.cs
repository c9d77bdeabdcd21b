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
        var tags = access.MapGroup("/tags").RequirePermission(ApiPermission.AppsAndPoliciesRead, ApiPermission.AppsAndPoliciesWrite);
        tags.MapGet("/", (HttpRequest request, ObjectEndpoints<Tag, TagObject> endpoints) => endpoints.List(request, tag => tag.Name));
        tags.MapGet("/{name}", (string name, ConfigurationLog log, ObjectEndpoints<Tag, TagObject> endpoints, CancellationToken ct)
            => endpoints.Get(IdOf(name, log), ct));
        tags.MapPost("/", (HttpRequest request, ObjectEndpoints<Tag, TagObject> endpoints, CancellationToken ct)
            => endpoints.Create(request, (body, id, snapshot) => Read(body, id, null, snapshot), ct));
        tags.MapReplace("/{name}", (string name, HttpRequest request, ConfigurationLog log, ObjectEndpoints<Tag, TagObject> endpoints, CancellationToken ct)
            => endpoints.Replace(IdOf(name, log), request, (body, existing, snapshot) => Read(body, existing.Id, existing, snapshot), ct));
        tags.MapDelete("/{name}", (string name, ConfigurationLog log, ObjectEndpoints<Tag, TagObject> endpoints, CancellationToken ct)
            => endpoints.Remove(IdOf(name, log), ct, status: StatusCodes.Status202Accepted));
    }

    /// <summary>Reads a tag; applications name tags by their text, so one that is in use keeps its own.</summary>
    public static Tag Read(BodyReader body, Guid id, Tag? existing, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(snapshot);
        var name = body.RequiredText("name", 35);
        if (snapshot.Tags.Values.Any(other => other.Id != id && other.Name == name))
        {
            body.Refuse("name", $"there is a tag {name} already");
        }

        if (existing is not null && existing.Name != name && TagKind.Users(existing.Name, snapshot).Any())
        {
            body.Refuse("name", "a tag that applications carry keeps its name; make a new one");
        }

        return new Tag { Id = id, Name = name };
    }

    private static Guid IdOf(string name, ConfigurationLog log)
        => log.Current.Snapshot.Tags.Values.FirstOrDefault(tag => tag.Name == name)?.Id ?? Guid.Empty;
}
