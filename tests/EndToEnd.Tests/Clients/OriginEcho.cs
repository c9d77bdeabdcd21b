using System.Buffers.Text;
using System.Text.Json;

namespace ManagedOAuth.EndToEnd.Tests.Clients;

/// <summary>The assertion that the sample origin says it received.</summary>
public static class OriginEcho
{
    /// <summary>The claims of the one <c>Cf-Access-Jwt-Assertion</c> in an echo of the sample origin.</summary>
    public static Dictionary<string, JsonElement> Claims(JsonElement echo)
    {
        var value = Assert.Single(Headers(echo, "Cf-Access-Jwt-Assertion"));
        return JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(Base64Url.DecodeFromChars(value.Split('.')[1]))!;
    }

    /// <summary>All values of a header in an echo, whatever the case of its name.</summary>
    public static IReadOnlyList<string> Headers(JsonElement echo, string name)
        => [.. echo.GetProperty("headers").EnumerateObject()
            .Where(header => string.Equals(header.Name, name, StringComparison.OrdinalIgnoreCase))
            .SelectMany(header => header.Value.ValueKind == JsonValueKind.Array ? header.Value.EnumerateArray().Select(value => value.GetString()!) : [header.Value.GetString()!])];
}
