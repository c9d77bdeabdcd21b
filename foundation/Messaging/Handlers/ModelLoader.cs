using System.Linq.Expressions;
using System.Reflection;
using Wolverine.Marten;

namespace Wolverine.Handlers;

/// <summary>Loads the aggregate of one <c>[WriteModel]</c> or <c>[ReadModel]</c> parameter.</summary>
internal abstract class ModelLoader(int slot, bool required, Type aggregate)
{
    public int Slot { get; } = slot;

    /// <summary>Without the aggregate there is nothing to do for the message.</summary>
    public bool Required { get; } = required;

    public Type Aggregate { get; } = aggregate;

    /// <summary>The aggregate, or null when its stream does not exist.</summary>
    public abstract Task<object?> LoadAsync(HandlerFrame frame);

    /// <summary>The loader for a parameter, or null when it is not marked.</summary>
    public static ModelLoader? For(ParameterInfo parameter, ParameterBinder binder)
    {
        var write = parameter.GetCustomAttribute<WriteModelAttribute>();
        var read = parameter.GetCustomAttribute<ReadModelAttribute>();
        if (write is null && read is null)
        {
            return null;
        }

        var aggregate = parameter.ParameterType;
        var id = Id(binder.MessageType, aggregate, write?.IdMember ?? read?.IdMember);
        var arguments = new object?[] { binder.AddSlot(aggregate), !binder.IsNullable(parameter), id };
        return (ModelLoader)(write is null
            ? Activator.CreateInstance(typeof(ReadModelLoader<>).MakeGenericType(aggregate), arguments)!
            : Activator.CreateInstance(typeof(WriteModelLoader<>).MakeGenericType(aggregate), [.. arguments, Version(binder.MessageType, write.VersionSource)])!);
    }

    private static Func<object, Guid> Id(Type message, Type aggregate, string? member)
    {
        var property = member is null
            ? message.GetProperty(aggregate.Name + "Id") ?? message.GetProperty("Id")
            : message.GetProperty(member);
        return property?.PropertyType == typeof(Guid)
            ? Getter<Guid>(message, property)
            : throw new InvalidOperationException(
                $"{message.Name} has no Guid property '{member ?? $"{aggregate.Name}Id' or 'Id"}' that names the stream of {aggregate.Name}");
    }

    private static Func<object, long>? Version(Type message, string? member)
    {
        if (member is null)
        {
            return null;
        }

        var property = message.GetProperty(member);
        return property?.PropertyType == typeof(long) || property?.PropertyType == typeof(int)
            ? Getter<long>(message, property)
            : throw new InvalidOperationException($"{message.Name} has no property '{member}' of type long or int");
    }

    private static Func<object, T> Getter<T>(Type message, PropertyInfo property)
    {
        var parameter = Expression.Parameter(typeof(object));
        var value = Expression.Convert(Expression.Property(Expression.Convert(parameter, message), property), typeof(T));
        return Expression.Lambda<Func<object, T>>(value, parameter).Compile();
    }

    private sealed class WriteModelLoader<T>(int slot, bool required, Func<object, Guid> id, Func<object, long>? version)
        : ModelLoader(slot, required, typeof(T))
        where T : class
    {
        public override async Task<object?> LoadAsync(HandlerFrame frame)
        {
            var stream = version is null
                ? await frame.Session.Events.FetchForWriting<T>(id(frame.Message), frame.Cancellation)
                : await frame.Session.Events.FetchForWriting<T>(id(frame.Message), version(frame.Message), frame.Cancellation);
            frame.Append = stream.AppendOne;
            return stream.Aggregate;
        }
    }

    private sealed class ReadModelLoader<T>(int slot, bool required, Func<object, Guid> id)
        : ModelLoader(slot, required, typeof(T))
        where T : class
    {
        public override async Task<object?> LoadAsync(HandlerFrame frame)
            => await frame.Session.Events.FetchLatest<T>(id(frame.Message), frame.Cancellation);
    }
}
