using System.Text.Json.Serialization;

namespace ManagedOAuth.Contracts.Configuration;

/// <summary>A page in an organization's own words, shown instead of ours. It is served with a policy under which no script of it runs.</summary>
public sealed record CustomPage : ConfigurationRecord
{
    public required CustomPageType Type { get; init; }

    /// <summary>A whole HTML document.</summary>
    public required string CustomHtml { get; init; }
}

/// <summary>When a custom page is shown.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<CustomPageType>))]
public enum CustomPageType
{
    /// <summary>The policies say no to somebody who has logged in.</summary>
    IdentityDenied,

    /// <summary>The request itself is refused, whoever sends it.</summary>
    Forbidden,
}
