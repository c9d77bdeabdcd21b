using System.Collections.Concurrent;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Marten.Exceptions;

namespace Marten.Json;

/// <summary>JSON as it stands in the database: camelCase, enums as strings, nothing that jsonb refuses.</summary>
internal sealed class StoreSerializer
{
    private readonly JsonSerializerOptions _options;
    private readonly int _maxBytes;
    private readonly ConcurrentDictionary<Type, JsonTypeInfo> _infos = new();

    public StoreSerializer(StoreOptions options)
    {
        _maxBytes = options.MaxJsonBytes;
        // Text stays text: escaped, a letter outside ASCII would take six bytes. Nothing here is put into HTML.
        _options = new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        _options.Converters.Add(new JsonStringEnumConverter());
        _options.TypeInfoResolver = options.Resolvers.Count > 0
            ? JsonTypeInfoResolver.Combine([.. options.Resolvers, StoreJsonContext.Default])
            : new DefaultJsonTypeInfoResolver();
        foreach (var configure in options.JsonSettings)
        {
            configure(_options);
        }

        _options.MakeReadOnly();
    }

    public JsonNamingPolicy Naming => _options.PropertyNamingPolicy ?? JsonNamingPolicy.CamelCase;

    /// <summary>True if the configured contexts know the type.</summary>
    public bool Knows(Type type) => _options.TypeInfoResolver!.GetTypeInfo(type, _options) is not null;

    public byte[] Write<T>(T value, string what) => Guard(JsonSerializer.SerializeToUtf8Bytes(value, Info<T>()), what);

    public T Read<T>(byte[] json) =>
        JsonSerializer.Deserialize(json, Info<T>()) ?? throw new JsonException($"The JSON of {typeof(T)} is null.");

    /// <summary>PostgreSQL refuses U+0000 in jsonb, in the middle of a transaction and with a message nobody understands: refuse it here.</summary>
    public byte[] Guard(byte[] json, string what)
    {
        if (json.Length > _maxBytes)
        {
            throw new UnstorableJsonException($"The JSON of {what} has {json.Length} bytes; the limit is {_maxBytes}.");
        }

        return HasNul(json) ? throw new UnstorableJsonException($"A text in {what} holds the character U+0000, which PostgreSQL cannot store.") : json;
    }

    // The writer escapes NUL as \u0000 (or it comes raw from a converter). A backslash that is itself escaped does not count: "\\u0000" is six plain characters.
    internal static bool HasNul(ReadOnlySpan<byte> json)
    {
        if (json.Contains((byte)0))
        {
            return true;
        }

        var offset = 0;
        while (true)
        {
            var at = json[offset..].IndexOf("\\u0000"u8);
            if (at < 0)
            {
                return false;
            }

            at += offset;
            var backslashes = 0;
            while (at - backslashes > 0 && json[at - backslashes - 1] == (byte)'\\')
            {
                backslashes++;
            }

            if (backslashes % 2 == 0)
            {
                return true;
            }

            offset = at + 1;
        }
    }

    private JsonTypeInfo<T> Info<T>() => (JsonTypeInfo<T>)_infos.GetOrAdd(typeof(T), static (type, options) => options.GetTypeInfo(type), _options);
}
