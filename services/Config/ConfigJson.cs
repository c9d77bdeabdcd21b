using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ManagedOAuth.Config.ApiTokens;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Idempotency;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration.Events;

namespace ManagedOAuth.Config;

/// <summary>Everything that this service stores as JSON.</summary>
[JsonSerializable(typeof(ApplicationCreated))]
[JsonSerializable(typeof(ApplicationChanged))]
[JsonSerializable(typeof(ApplicationRemoved))]
[JsonSerializable(typeof(PolicyCreated))]
[JsonSerializable(typeof(PolicyAltered))]
[JsonSerializable(typeof(PolicyRemoved))]
[JsonSerializable(typeof(GroupCreated))]
[JsonSerializable(typeof(GroupChanged))]
[JsonSerializable(typeof(GroupRemoved))]
[JsonSerializable(typeof(IdentityProviderCreated))]
[JsonSerializable(typeof(IdentityProviderChanged))]
[JsonSerializable(typeof(IdentityProviderRemoved))]
[JsonSerializable(typeof(ServiceTokenCreated))]
[JsonSerializable(typeof(ServiceTokenChanged))]
[JsonSerializable(typeof(ServiceTokenRotated))]
[JsonSerializable(typeof(ServiceTokenRemoved))]
[JsonSerializable(typeof(OrganizationCreated))]
[JsonSerializable(typeof(OrganizationChanged))]
[JsonSerializable(typeof(ApiTokenCreated))]
[JsonSerializable(typeof(ApiTokenChanged))]
[JsonSerializable(typeof(ApiTokenRolled))]
[JsonSerializable(typeof(ApiTokenRemoved))]
[JsonSerializable(typeof(TagCreated))]
[JsonSerializable(typeof(TagChanged))]
[JsonSerializable(typeof(TagRemoved))]
[JsonSerializable(typeof(AccessListCreated))]
[JsonSerializable(typeof(AccessListChanged))]
[JsonSerializable(typeof(AccessListRemoved))]
[JsonSerializable(typeof(CustomPageCreated))]
[JsonSerializable(typeof(CustomPageChanged))]
[JsonSerializable(typeof(CustomPageRemoved))]
[JsonSerializable(typeof(ApplicationObject))]
[JsonSerializable(typeof(PolicyObject))]
[JsonSerializable(typeof(GroupObject))]
[JsonSerializable(typeof(IdentityProviderObject))]
[JsonSerializable(typeof(ServiceTokenObject))]
[JsonSerializable(typeof(OrganizationObject))]
[JsonSerializable(typeof(ApiTokenObject))]
[JsonSerializable(typeof(ApiTokenUse))]
[JsonSerializable(typeof(TagObject))]
[JsonSerializable(typeof(AccessListObject))]
[JsonSerializable(typeof(CustomPageObject))]
[JsonSerializable(typeof(IdempotentAnswer))]
[JsonSerializable(typeof(FeedReader))]
[JsonSerializable(typeof(AddressClaim))]
[JsonSerializable(typeof(FeedEpoch))]
[JsonSerializable(typeof(Tester.PolicyTest))]
[JsonSerializable(typeof(JsonObject))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
public sealed partial class ConfigJson : JsonSerializerContext;
