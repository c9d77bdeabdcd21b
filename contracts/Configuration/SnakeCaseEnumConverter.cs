using System.Text.Json;
using System.Text.Json.Serialization;

namespace ManagedOAuth.Contracts.Configuration;

/// <summary>Writes enum members as the admin API does: <c>NonIdentity</c> is <c>non_identity</c>. Numbers are refused.</summary>
public sealed class SnakeCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
