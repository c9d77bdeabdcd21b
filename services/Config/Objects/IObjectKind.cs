using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Objects;

/// <summary>A kind of configuration objects, for what treats all kinds alike: histories, comparisons, restoring, files.</summary>
public interface IObjectKind
{
    /// <summary>Singular, as in the feed and in error texts.</summary>
    string Name { get; }

    /// <summary>The collection in the admin API's path.</summary>
    string Path { get; }

    /// <summary>Whether the path is below <c>/access</c>, and not below the account.</summary>
    bool IsUnderAccess { get; }

    /// <summary>Whether a version can be brought back.</summary>
    bool IsRestorable { get; }

    /// <summary>Whether objects are in exported files and can be made from one.</summary>
    bool IsTransferable { get; }

    /// <summary>Whether objects can be removed at all.</summary>
    bool IsRemovable { get; }

    /// <summary>What it takes to see and to change objects of this kind.</summary>
    RequiredPermission Permissions { get; }

    /// <summary>How its requests and answers differ from the record.</summary>
    OpenApi.ObjectShape Shape => OpenApi.ObjectShape.Plain;

    /// <summary>The contract record.</summary>
    Type StateType { get; }

    /// <summary>The folded stream.</summary>
    Type ObjectType { get; }

    /// <summary>The object by itself: what other objects say about it left out, secrets too.</summary>
    JsonNode ShowAlone(object state);

    /// <summary>The id of the only object of this kind; null where there can be several.</summary>
    Guid? OnlyId { get; }

    /// <summary>What is left to do when an object has been made or changed from a file; null = nothing.</summary>
    /// <param name="body">The object in the file.</param>
    /// <param name="existing">What it was before; null = it is made.</param>
    string? LeftToDo(JsonElement body, ConfigurationRecord? existing);

    /// <summary>All that the collection lists, the oldest first.</summary>
    IEnumerable<ConfigurationRecord> All(ConfigurationSnapshot snapshot);

    /// <summary>Whether the collection lists the object; others are shown with the one that they belong to.</summary>
    bool IsListed(ConfigurationRecord state);

    /// <summary>The object as it stands in an exported file: what <see cref="Put"/> reads, no more, and no secret.</summary>
    JsonObject Export(ConfigurationRecord state, ConfigurationSnapshot snapshot);

    /// <summary>Drafts that the object is so from now on, checked as a write of its own would be; drafts nothing where it is so already.</summary>
    /// <param name="body">The object; what is wrong goes to the reader's errors.</param>
    /// <param name="id">The object's id; there need not be one.</param>
    /// <param name="draft">Where it is drafted.</param>
    /// <param name="now">The time of the change.</param>
    void Put(BodyReader body, Guid id, ConfigurationDraft draft, DateTimeOffset now);

    /// <summary>Drafts that the object is gone; gives the reason where something needs it, and drafts nothing then.</summary>
    string? Remove(Guid id, ConfigurationDraft draft);

    /// <summary>Brings a version back as a new one.</summary>
    Task<IResult> RestoreAsync(HttpContext context, Guid id, long version, CancellationToken ct);
}
