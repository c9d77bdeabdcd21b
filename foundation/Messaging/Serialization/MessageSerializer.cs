using System.Text.Json;

namespace Wolverine.Serialization;

/// <summary>Messages to UTF-8 JSON and back, within the size limit.</summary>
internal sealed class MessageSerializer(JsonSerializerOptions json, int maximumBytes)
{
    /// <summary>Bodies above this many bytes are neither stored nor read.</summary>
    public int MaximumBytes { get; } = maximumBytes;

    /// <exception cref="MessageTooLargeException">Above <see cref="MaximumBytes"/>.</exception>
    public byte[] Write(object message)
    {
        var data = JsonSerializer.SerializeToUtf8Bytes(message, message.GetType(), json);
        return data.Length <= MaximumBytes
            ? data
            : throw new MessageTooLargeException($"{message.GetType().Name} is {data.Length} bytes of JSON; the limit is {MaximumBytes}.");
    }

    /// <exception cref="JsonException">The body is not this message.</exception>
    public object Read(byte[] data, Type type)
        => JsonSerializer.Deserialize(data, type, json) ?? throw new JsonException($"The body of a {type.Name} is null.");
}
