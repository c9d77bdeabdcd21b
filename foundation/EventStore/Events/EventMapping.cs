using System.Text.Json;
using Marten.Json;

namespace Marten.Events;

/// <summary>One registered event type: its stored name and how it is written.</summary>
internal abstract class EventMapping(Type eventType, string name)
{
    public Type EventType { get; } = eventType;

    public string Name { get; } = name;

    public string DotNetName { get; } = EventNames.DotNetName(eventType);

    public abstract Event Wrap(object data);

    public abstract byte[] Serialize(object data, StoreSerializer json);

    public abstract Event Read(byte[] data, StoreSerializer json);
}

internal sealed class EventMapping<T>(string name) : EventMapping(typeof(T), name) where T : notnull
{
    public override Event Wrap(object data) => new Event<T>((T)data) { EventTypeName = Name, DotNetTypeName = DotNetName };

    public override byte[] Serialize(object data, StoreSerializer json) => json.Write((T)data, Name);

    public override Event Read(byte[] data, StoreSerializer json) => new Event<T>(json.Read<T>(data));
}

/// <summary>Reads what was stored under one name into today's type.</summary>
internal abstract class Upcaster(string name, Type target)
{
    public string Name { get; } = name;

    public Type Target { get; } = target;

    public abstract Event Read(byte[] data, StoreSerializer json);
}

internal sealed class TypedUpcaster<TOld, TNew>(string name, Func<TOld, TNew> convert) : Upcaster(name, typeof(TNew)) where TNew : notnull
{
    public override Event Read(byte[] data, StoreSerializer json) => new Event<TNew>(convert(json.Read<TOld>(data)));
}

internal sealed class JsonUpcaster<TNew>(string name, Func<JsonElement, TNew> convert) : Upcaster(name, typeof(TNew)) where TNew : notnull
{
    public override Event Read(byte[] data, StoreSerializer json)
    {
        using var document = JsonDocument.Parse(data);
        return new Event<TNew>(convert(document.RootElement));
    }
}
