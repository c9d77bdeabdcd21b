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
        => Json is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty(member, out var value) && TextOf(value) is { Length: > 0 } text ? text : null;

    /// <summary>The text of a value; null when it is something else, or half of a surrogate pair that nobody can read (RFC 7493 §2.1).</summary>
    public static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // There is no other way to ask.
            return null;
        }
    }
}
