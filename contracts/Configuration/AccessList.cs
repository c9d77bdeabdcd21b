using System.Text.Json.Serialization;

namespace ManagedOAuth.Contracts.Configuration;

/// <summary>A list of addresses that rules refer to: e-mail addresses (<c>email_list</c>) or networks (<c>ip_list</c>).</summary>
public sealed record AccessList : ConfigurationRecord
{
    public string Description { get; init; } = "";

    public required AccessListType Type { get; init; }

    /// <summary>Every value once, normalised, in the order in which they were added.</summary>
    public IReadOnlyList<AccessListItem> Items { get; init; } = [];
}

/// <summary>What the values of a list are; upper case in the admin API, as in the original.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AccessListType>))]
public enum AccessListType
{
    /// <summary>E-mail addresses.</summary>
    [JsonStringEnumMemberName("EMAIL")]
    Email,

    /// <summary>Addresses and networks in CIDR notation.</summary>
    [JsonStringEnumMemberName("IP")]
    Ip,
}

/// <summary>One value of a list.</summary>
/// <param name="Value">The normalised address or network.</param>
/// <param name="Description">Why it is there; null when nobody said so.</param>
/// <param name="CreatedAt">When it was added.</param>
public sealed record AccessListItem(string Value, string? Description, DateTimeOffset CreatedAt);
