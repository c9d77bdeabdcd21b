using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;

namespace ManagedOAuth.Config.Portals.Catalogs;

/// <summary>One form for JSON that says the same: members in the order of their names, no space between. Numbers and texts keep their spelling.</summary>
public static class CanonicalJson
{
    /// <summary>SHA-256 of the canonical form, lower-case hexadecimal.</summary>
    public static string Hash(JsonElement value)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            Write(json, value);
        }

        return Convert.ToHexStringLower(SHA256.HashData(buffer.WrittenSpan));
    }

    private static void Write(Utf8JsonWriter json, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var member in value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    json.WritePropertyName(member.Name);
                    Write(json, member.Value);
                }

                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Write(json, item);
                }

                json.WriteEndArray();
                break;
            case JsonValueKind.Number:
                json.WriteRawValue(value.GetRawText());
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }
}
