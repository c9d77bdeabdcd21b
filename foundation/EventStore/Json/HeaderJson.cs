using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Marten.Json;

/// <summary>Event headers as a flat JSON object.</summary>
internal static class HeaderJson
{
    /// <summary>Null if there are none: the column is then SQL NULL.</summary>
    public static byte[]? Write(IReadOnlyDictionary<string, object?> headers)
    {
        if (headers.Count == 0)
        {
            return null;
        }

        var buffer = new ArrayBufferWriter<byte>(128);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var (key, value) in headers)
            {
                writer.WritePropertyName(key);
                WriteValue(writer, key, value);
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static IReadOnlyDictionary<string, object?>? Read(byte[]? json)
    {
        if (json is null)
        {
            return null;
        }

        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? document.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => Value(p.Value), StringComparer.Ordinal)
            : null;
    }

    /// <summary>Throws for a value that could not be written.</summary>
    public static void Check(string key, object value)
    {
        if (value is not (string or bool or int or long or double or Guid or DateTimeOffset))
        {
            throw new ArgumentException($"The header '{key}' is a {value.GetType()}; allowed are string, bool, integer, double, Guid and DateTimeOffset.", nameof(value));
        }
    }

    private static void WriteValue(Utf8JsonWriter writer, string key, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            case int or long:
                writer.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case double number:
                writer.WriteNumberValue(number);
                break;
            case DateTimeOffset time:
                writer.WriteStringValue(time);
                break;
            default:
                Check(key, value);
                writer.WriteStringValue(value.ToString());
                break;
        }
    }

    private static object? Value(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null => null,
        JsonValueKind.Number => element.TryGetInt64(out var integer) ? (object)integer : element.GetDouble(),
        _ => element.Clone(),
    };
}
