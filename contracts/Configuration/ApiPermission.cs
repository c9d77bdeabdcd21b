using System.Text.Json.Serialization;

namespace ManagedOAuth.Contracts.Configuration;

/// <summary>Permission of an admin API token.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<ApiPermission>))]
public enum ApiPermission
{
    /// <summary>Every GET.</summary>
    Read,
    /// <summary>Every change, and every GET.</summary>
    Write,
}
