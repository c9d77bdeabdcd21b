using System.Linq.Expressions;
using System.Reflection;
using Marten;
using Microsoft.Extensions.DependencyInjection;

namespace Wolverine.Handlers;

/// <summary>Finds for each parameter of a handler class's methods where its value comes from, once, at start.</summary>
internal sealed class ParameterBinder(Type messageType, IServiceProviderIsService services)
{
    private static readonly MethodInfo s_getRequiredService = typeof(ServiceProviderServiceExtensions).GetMethod(
        nameof(ServiceProviderServiceExtensions.GetRequiredService), 1, [typeof(IServiceProvider)])!;

    private readonly Dictionary<Type, int> _slots = [];
    private readonly NullabilityInfoContext _nullability = new();

    public Type MessageType { get; } = messageType;

    /// <summary>How many values are loaded before the handler runs.</summary>
    public int SlotCount => _slots.Count;

    /// <summary>Makes room for a loaded value: an aggregate, or what <c>Load</c> returns.</summary>
    public int AddSlot(Type type)
        => _slots.TryAdd(type, _slots.Count)
            ? _slots[type]
            : throw new InvalidOperationException($"two values of type {type.Name} are loaded; the parameters could not tell them apart");

    /// <summary>The expression of one argument.</summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="frame">The frame at run time.</param>
    /// <param name="required">Gets the slot when the parameter may not be null.</param>
    public Expression Bind(ParameterInfo parameter, ParameterExpression frame, List<int> required)
    {
        var type = parameter.ParameterType;
        if (type == MessageType)
        {
            return Expression.Convert(Expression.Property(frame, nameof(HandlerFrame.Message)), type);
        }

        if (_slots.TryGetValue(type, out var slot))
        {
            if (!IsNullable(parameter))
            {
                required.Add(slot);
            }

            var value = Expression.ArrayIndex(Expression.Property(frame, nameof(HandlerFrame.Values)), Expression.Constant(slot));
            return Expression.Convert(value, type);
        }

        if (type == typeof(CancellationToken))
        {
            return Expression.Property(frame, nameof(HandlerFrame.Cancellation));
        }

        if (type == typeof(IDocumentSession) || type == typeof(IDocumentOperations) || type == typeof(IQuerySession))
        {
            return Expression.Property(frame, nameof(HandlerFrame.Session));
        }

        if (type == typeof(IMessageContext) || type == typeof(IMessageBus))
        {
            return Expression.Convert(Expression.Property(frame, nameof(HandlerFrame.Context)), type);
        }

        if (type == typeof(Envelope))
        {
            return Expression.Property(Expression.Property(frame, nameof(HandlerFrame.Context)), nameof(IMessageContext.Envelope));
        }

        return services.IsService(type)
            ? Expression.Call(s_getRequiredService.MakeGenericMethod(type), Expression.Property(frame, nameof(HandlerFrame.Services)))
            : throw new InvalidOperationException(
                $"nothing gives a value for parameter '{parameter.Name}' of type {type.Name}: it is no service, nothing loads it, and it is not the message");
    }

    /// <summary>True when the method's author allows for null.</summary>
    public bool IsNullable(ParameterInfo parameter)
        => Nullable.GetUnderlyingType(parameter.ParameterType) is not null
            || (!parameter.ParameterType.IsValueType && _nullability.Create(parameter).WriteState == NullabilityState.Nullable);
}
