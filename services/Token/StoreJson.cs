using System.Text.Json.Serialization;
using ManagedOAuth.Contracts.SigningKeys;
using ManagedOAuth.Token.Grants;
using ManagedOAuth.Token.Keys.Sealing;
using ManagedOAuth.Token.Keys.Signing;
using ManagedOAuth.Token.Refresh;
using ManagedOAuth.Token.Revocation;

namespace ManagedOAuth.Token;

/// <summary>JSON of this service's documents and of the key events; those of grants are in contracts.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Grant))]
[JsonSerializable(typeof(SigningKeyRing))]
[JsonSerializable(typeof(SigningKeyMaterial))]
[JsonSerializable(typeof(SealingKeyDocument))]
[JsonSerializable(typeof(RefreshSuccessor))]
[JsonSerializable(typeof(RevocationEntry))]
[JsonSerializable(typeof(FeedEpoch))]
[JsonSerializable(typeof(SigningKeyPublished))]
[JsonSerializable(typeof(RevokedSubject))]
[JsonSerializable(typeof(GrantUse))]
[JsonSerializable(typeof(SigningKeyIntervalChanged))]
[JsonSerializable(typeof(SigningKeyLongestAssertionRaised))]
[JsonSerializable(typeof(SigningKeyActivated))]
[JsonSerializable(typeof(SigningKeyRetired))]
[JsonSerializable(typeof(SigningKeyRemoved))]
internal sealed partial class StoreJson : JsonSerializerContext;
