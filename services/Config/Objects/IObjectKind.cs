using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;

namespace ManagedOAuth.Config.Objects;

/// <summary>A kind of configuration objects, for what treats all kinds alike: histories, comparisons, restoring.</summary>
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

    /// <summary>What it takes to see and to change objects of this kind.</summary>
    RequiredPermission Permissions { get; }

    /// <summary>The contract record.</summary>
    Type StateType { get; }

    /// <summary>The folded stream.</summary>
    Type ObjectType { get; }

    /// <summary>The object by itself: what other objects say about it left out, secrets too.</summary>
    JsonNode ShowAlone(object state);

    /// <summary>Brings a version back as a new one.</summary>
    Task<IResult> RestoreAsync(HttpContext context, Guid id, long version, CancellationToken ct);
}
