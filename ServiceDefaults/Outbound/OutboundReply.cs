using System.Text.Json;

namespace ManagedOAuth.ServiceDefaults.Outbound;

/// <summary>An answer of a server outside.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Json">The body, where it is JSON.</param>
public sealed record OutboundReply(int Status, JsonElement? Json)
{
    /// <summary>The server wants fewer requests.</summary>
    public bool IsRateLimited { get; init; }

    /// <summary>What <c>WWW-Authenticate</c> said, each field by itself (RFC 9110 §11.6.1).</summary>
    public IReadOnlyList<string> Challenges { get; init; } = [];

    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>A text member of the body; null when it is absent, empty or something else.</summary>
    public string? Text(string member)
        => Json is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String
            && value.GetString() is { Length: > 0 } text ? text : null;
}
