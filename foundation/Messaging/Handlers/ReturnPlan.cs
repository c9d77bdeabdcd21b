using System.Runtime.CompilerServices;
using Wolverine.Marten;

namespace Wolverine.Handlers;

/// <summary>What becomes of the values that <c>Handle</c> returns; decided by their declared types, once, at start.</summary>
/// <remarks>
/// With a write model, events are what is declared as <see cref="Events"/> or as a sequence of objects; where neither is
/// declared, every single value is an event. All other values are messages. Null is nothing.
/// </remarks>
internal sealed class ReturnPlan
{
    private readonly Effect[] _effects;
    private readonly bool _tuple;

    public ReturnPlan(Type type, bool hasWriteModel)
    {
        _tuple = typeof(ITuple).IsAssignableFrom(type);
        var members = Members(type);
        var eventsDeclared = members.Any(m => m == typeof(Events) || IsSequence(m));
        _effects = [.. members.Select(m => Classify(m, hasWriteModel, eventsDeclared))];
    }

    /// <summary>The declared types: one, or the members of a tuple, or none.</summary>
    public static Type[] Members(Type type)
        => type == typeof(void) ? []
            : !typeof(ITuple).IsAssignableFrom(type) ? [type]
            : [.. type.GetGenericArguments().SelectMany((t, i) => i == 7 ? Members(t) : [t])];

    /// <summary>Appends and publishes through the frame's session.</summary>
    public async ValueTask ApplyAsync(object? result, HandlerFrame frame)
    {
        for (var i = 0; i < _effects.Length; i++)
        {
            var value = _tuple ? ((ITuple)result!)[i] : result;
            if (value is not null)
            {
                await ApplyAsync(_effects[i], value, frame);
            }
        }
    }

    private static async ValueTask ApplyAsync(Effect effect, object value, HandlerFrame frame)
    {
        if (frame.Reply is null && effect == Effect.Message && frame.ReplyType?.IsInstanceOfType(value) == true)
        {
            frame.Reply = value;
        }
        else if (effect is Effect.EventSequence or Effect.MessageSequence)
        {
            foreach (var item in (IEnumerable<object?>)value)
            {
                if (item is not null)
                {
                    await ApplyOneAsync(effect == Effect.EventSequence, item, frame);
                }
            }
        }
        else
        {
            await ApplyOneAsync(effect == Effect.Event, value, frame);
        }
    }

    private static ValueTask ApplyOneAsync(bool isEvent, object value, HandlerFrame frame)
    {
        switch (value)
        {
            case IMartenOp operation:
                operation.Execute(frame.Session);
                return default;
            case ISendMyself own:
                return own.ApplyAsync(frame.Context);
            default:
                if (!isEvent)
                {
                    return frame.Context.PublishAsync(value);
                }

                frame.Append!(value);
                return default;
        }
    }

    private static Effect Classify(Type type, bool hasWriteModel, bool eventsDeclared)
    {
        if (type == typeof(OutgoingMessages))
        {
            return Effect.MessageSequence;
        }

        if (type == typeof(Events) && !hasWriteModel)
        {
            throw new InvalidOperationException("it returns Events but has no [WriteModel] parameter whose stream they belong to");
        }

        if (IsSequence(type))
        {
            return hasWriteModel ? Effect.EventSequence : Effect.MessageSequence;
        }

        if (type.IsValueType || type == typeof(string) || type.IsArray
            || type.GetInterfaces().Append(type).Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>)))
        {
            throw new InvalidOperationException($"a returned {type.Name} is neither an event nor a message");
        }

        return hasWriteModel && !eventsDeclared ? Effect.Event : Effect.Message;
    }

    // Covariant: also Events, object[], List<SomeMessage>, IEnumerable<IMartenOp>.
    private static bool IsSequence(Type type) => typeof(IEnumerable<object>).IsAssignableFrom(type) && type != typeof(OutgoingMessages);

    private enum Effect
    {
        Event,
        EventSequence,
        Message,
        MessageSequence,
    }
}
