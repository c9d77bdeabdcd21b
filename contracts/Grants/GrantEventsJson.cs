using System.Text.Json.Serialization;

namespace ManagedOAuth.Contracts.Grants;

/// <summary>JSON of the grant events as the event store keeps them: camel case, enums as text, nulls left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(GrantIssued))]
[JsonSerializable(typeof(GrantRefreshed))]
[JsonSerializable(typeof(GrantRefreshRepeated))]
[JsonSerializable(typeof(AccessTokenRevoked))]
[JsonSerializable(typeof(LinkedAccessGiven))]
[JsonSerializable(typeof(GrantIdentityChanged))]
[JsonSerializable(typeof(GrantRefreshDenied))]
[JsonSerializable(typeof(GrantDenied))]
[JsonSerializable(typeof(GrantReplayDetected))]
[JsonSerializable(typeof(GrantRevoked))]
[JsonSerializable(typeof(GrantExpired))]
public sealed partial class GrantEventsJson : JsonSerializerContext;
