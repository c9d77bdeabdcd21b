using System.Text.Json;

namespace ManagedOAuth.Contracts.Configuration;

/// <summary><c>config</c> of an identity provider of type <c>github</c>.</summary>
public sealed record GitHubSettings
{
    /// <summary>Where GitHub is, unless it is a GitHub Enterprise Server.</summary>
    public const string PublicBaseUrl = "https://github.com";

    /// <summary>Our <c>client_id</c> there.</summary>
    public required string ClientId { get; init; }

    /// <summary>Only in what authorization-server gets; sealed everywhere else.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>Where people log in; no slash at its end.</summary>
    public string BaseUrl { get; init; } = PublicBaseUrl;

    /// <summary>The REST API; no slash at its end.</summary>
    public string ApiUrl { get; init; } = "https://api.github.com";

    /// <summary>Reads <c>config</c>; a member that is not there has its default.</summary>
    public static GitHubSettings? Read(JsonElement? config) => ProviderConfigJson.Read<GitHubSettings>(config);
}
