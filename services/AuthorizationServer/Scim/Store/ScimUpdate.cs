using System.Text.Json.Serialization;

namespace ManagedOAuth.AuthorizationServer.Scim.Store;

/// <summary>One line of the provisioning log: a request by which an identity provider changed, or tried to change, something.</summary>
public sealed record ScimUpdate
{
    public required Guid Id { get; init; }

    /// <summary>Microseconds since 1970.</summary>
    public required long At { get; init; }

    public required Guid ProviderId { get; init; }

    public required string Method { get; init; }

    /// <summary><c>USER</c> or <c>GROUP</c>.</summary>
    public required string ResourceType { get; init; }

    /// <summary>Ours; empty when nothing was made.</summary>
    public string ResourceId { get; init; } = "";

    /// <summary>The provider's, where it gave one.</summary>
    public string ExternalId { get; init; } = "";

    public string Email { get; init; } = "";

    public string GroupName { get; init; } = "";

    public required bool Success { get; init; }

    public string Error { get; init; } = "";

    /// <summary>The beginning of the body.</summary>
    public string Body { get; init; } = "";

    public string FlowId { get; init; } = "";
}

/// <summary>A line as Config gets it. Snake case.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ScimUpdate))]
internal sealed partial class ScimUpdateJson : JsonSerializerContext;
