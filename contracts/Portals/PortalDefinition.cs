using System.Buffers;
using System.Text.Json;

namespace ManagedOAuth.Contracts.Portals;

/// <summary>Writes definitions as a portal shows them.</summary>
internal static class PortalDefinition
{
    /// <summary>Longest definition that is passed on, in bytes.</summary>
    internal const int MaximumLength = 256 * 1024;

    /// <summary>The definition with another name and, where one is given, another description. Every other member keeps its bytes.</summary>
    internal static ReadOnlyMemory<byte> Write(JsonElement definition, string name, string? description)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            if (description is not null)
            {
                json.WriteString("description", description);
            }

            foreach (var member in definition.EnumerateObject())
            {
                if (!member.NameEquals("name") && !(description is not null && member.NameEquals("description")))
                {
                    json.WritePropertyName(member.Name);
                    json.WriteRawValue(member.Value.GetRawText(), skipInputValidation: true);
                }
            }

            json.WriteEndObject();
        }

        return buffer.WrittenMemory.ToArray();
    }
}
