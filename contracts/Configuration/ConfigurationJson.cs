using System.Text.Json.Serialization;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Contracts.Configuration;

/// <summary>JSON of the configuration records as the feed and the admin API write it: snake case, nulls left out, unknown members ignored.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Application))]
[JsonSerializable(typeof(Policy))]
[JsonSerializable(typeof(Group))]
[JsonSerializable(typeof(IdentityProvider))]
[JsonSerializable(typeof(ServiceToken))]
[JsonSerializable(typeof(Organization))]
[JsonSerializable(typeof(OidcSettings))]
[JsonSerializable(typeof(GitHubSettings))]
[JsonSerializable(typeof(AccessList))]
[JsonSerializable(typeof(AccessListItem))]
[JsonSerializable(typeof(CustomPage))]
[JsonSerializable(typeof(Tag))]
[JsonSerializable(typeof(McpServer))]
[JsonSerializable(typeof(McpPortal))]
[JsonSerializable(typeof(McpCatalog))]
[JsonSerializable(typeof(Rule))]
[JsonSerializable(typeof(Identity))]
public sealed partial class ConfigurationJson : JsonSerializerContext;
