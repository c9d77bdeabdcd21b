using System.Text.Json;
using System.Text.Json.Serialization;

namespace ManagedOAuth.AuthorizationServer.Clients;

/// <summary>Events of clients as the admin API shows them: snake case, nulls left out.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ClientRegistered))]
[JsonSerializable(typeof(ConsentGiven))]
[JsonSerializable(typeof(ClientRevoked))]
internal sealed partial class ClientEventJson : JsonSerializerContext
{
    /// <summary>The event; an empty object for one of a newer build, whose envelope is shown all the same.</summary>
    public static byte[] Of(object data) => Default.GetTypeInfo(data.GetType()) is { } type ? JsonSerializer.SerializeToUtf8Bytes(data, type) : "{}"u8.ToArray();
}
