using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace ManagedOAuth.Edge.Portals.Protocol;

/// <summary>Writes messages. Values that only pass through are copied as they are.</summary>
internal static class RpcWriter
{
    private static readonly JsonWriterOptions s_options = new() { SkipValidation = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes any JSON.</summary>
    public static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, s_options))
        {
            write(json);
        }

        return buffer.WrittenMemory;
    }

    /// <summary>A value as it came.</summary>
    public static void Raw(this Utf8JsonWriter json, JsonElement value) => json.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);

    /// <summary>A member as it came.</summary>
    public static void Raw(this Utf8JsonWriter json, string name, JsonElement value)
    {
        json.WritePropertyName(name);
        json.Raw(value);
    }

    /// <summary>A successful response.</summary>
    public static ReadOnlyMemory<byte> Result(JsonElement id, ReadOnlyMemory<byte> result) => Write(json =>
    {
        Begin(json, id);
        json.WritePropertyName("result");
        json.WriteRawValue(result.Span, skipInputValidation: true);
        json.WriteEndObject();
    });

    /// <summary>A <c>ping</c>.</summary>
    /// <param name="id">Its id as JSON.</param>
    public static ReadOnlyMemory<byte> Ping(string id) => Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("jsonrpc", "2.0");
        json.WritePropertyName("id");
        json.WriteRawValue(id, skipInputValidation: true);
        json.WriteString("method", "ping");
        json.WriteEndObject();
    });

    /// <summary>A failed response, with the id under which the flow can be found.</summary>
    public static ReadOnlyMemory<byte> Error(JsonElement id, RpcError error, string flowId) => Write(json =>
    {
        Begin(json, id);
        json.WriteStartObject("error");
        json.WriteNumber("code", error.Code);
        json.WriteString("message", error.Message);
        json.WriteStartObject("data");
        json.WriteString("flow_id", flowId);
        foreach (var (name, value) in error.Data)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value.Span, skipInputValidation: true);
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    });

    /// <summary>
    /// The <c>error</c> object of a server as it came, with the id under which the flow can be found. Data of another kind than an object, or with such a
    /// member of its own, is left as it is.
    /// </summary>
    public static ReadOnlyMemory<byte> WithFlow(JsonElement error, string flowId) => Write(json =>
    {
        var data = RpcMessage.Member(error, "data");
        if (data.ValueKind is not (JsonValueKind.Object or JsonValueKind.Undefined) || RpcMessage.Member(data, "flow_id").ValueKind != JsonValueKind.Undefined)
        {
            json.Raw(error);
            return;
        }

        json.WriteStartObject();
        Members(json, error, "data");
        json.WriteStartObject("data");
        Members(json, data);
        json.WriteString("flow_id", flowId);
        json.WriteEndObject();
        json.WriteEndObject();
    });

    /// <summary>A failed response with the <c>error</c> object of a server.</summary>
    public static ReadOnlyMemory<byte> RelayedError(JsonElement id, ReadOnlyMemory<byte> error) => Write(json =>
    {
        Begin(json, id);
        json.WritePropertyName("error");
        json.WriteRawValue(error.Span, skipInputValidation: true);
        json.WriteEndObject();
    });

    /// <summary>The same message under another id.</summary>
    public static ReadOnlyMemory<byte> WithId(RpcMessage message, Action<Utf8JsonWriter> writeId) => Write(json => json.With(message.Root, ("id", _ => writeId(json))));

    /// <summary>An object with some of its members written anew; none is added.</summary>
    public static void With(this Utf8JsonWriter json, JsonElement container, params ReadOnlySpan<(string Member, Action<JsonElement> Write)> replaced)
    {
        json.WriteStartObject();
        foreach (var entry in container.EnumerateObject())
        {
            json.WritePropertyName(entry.Name);
            Action<JsonElement>? write = null;
            foreach (var (member, another) in replaced)
            {
                write = entry.NameEquals(member) ? another : write;
            }

            if (write is not null)
            {
                write(entry.Value);
            }
            else
            {
                json.Raw(entry.Value);
            }
        }

        json.WriteEndObject();
    }

    /// <summary>A notification without parameters.</summary>
    public static ReadOnlyMemory<byte> Notification(string method) => Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("jsonrpc", "2.0");
        json.WriteString("method", method);
        json.WriteEndObject();
    });

    /// <summary>The beginning of an object with some members replaced; the caller ends the object.</summary>
    public static void Members(Utf8JsonWriter json, JsonElement container, params ReadOnlySpan<string> without)
    {
        if (container.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        foreach (var member in container.EnumerateObject())
        {
            if (!without.Contains(member.Name))
            {
                json.Raw(member.Name, member.Value);
            }
        }
    }

    private static void Begin(Utf8JsonWriter json, JsonElement id)
    {
        json.WriteStartObject();
        json.WriteString("jsonrpc", "2.0");
        if (id.ValueKind == JsonValueKind.Undefined)
        {
            json.WriteNull("id");
        }
        else
        {
            json.Raw("id", id);
        }
    }
}
