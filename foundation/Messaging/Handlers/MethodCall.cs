using System.Linq.Expressions;
using System.Reflection;

namespace Wolverine.Handlers;

/// <summary>One static method as a compiled delegate: arguments come from the frame, tasks are awaited, nothing is reflected per call.</summary>
internal sealed class MethodCall
{
    private readonly Func<HandlerFrame, object?> _call;
    private readonly Func<object?, ValueTask<object?>> _unwrap;

    public MethodCall(MethodInfo method, ParameterBinder binder)
    {
        Method = method;
        var frame = Expression.Parameter(typeof(HandlerFrame), "frame");
        var required = new List<int>();
        var call = Expression.Call(method, method.GetParameters().Select(p => binder.Bind(p, frame, required)));
        var body = method.ReturnType == typeof(void)
            ? (Expression)Expression.Block(call, Expression.Constant(null))
            : Expression.Convert(call, typeof(object));
        _call = Expression.Lambda<Func<HandlerFrame, object?>>(body, frame).Compile();
        (ReturnType, _unwrap) = Unwrapper(method.ReturnType);
        Required = [.. required];
    }

    public MethodInfo Method { get; }

    /// <summary>What the method returns once it is awaited.</summary>
    public Type ReturnType { get; }

    /// <summary>Slots that feed parameters which may not be null.</summary>
    public IReadOnlyList<int> Required { get; }

    public ValueTask<object?> InvokeAsync(HandlerFrame frame) => _unwrap(_call(frame));

    /// <summary>True when something that the method cannot do without was not found.</summary>
    public bool MissesInput(HandlerFrame frame)
    {
        foreach (var slot in Required)
        {
            if (frame.Values[slot] is null)
            {
                return true;
            }
        }

        return false;
    }

    private static (Type Type, Func<object?, ValueTask<object?>> Unwrap) Unwrapper(Type type)
    {
        if (type == typeof(void))
        {
            return (type, static _ => default);
        }

        if (type == typeof(Task))
        {
            return (typeof(void), static async r => { await (Task)r!; return null; });
        }

        if (type == typeof(ValueTask))
        {
            return (typeof(void), static async r => { await (ValueTask)r!; return null; });
        }

        if (type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Task<>) || type.GetGenericTypeDefinition() == typeof(ValueTask<>)))
        {
            var result = type.GetGenericArguments()[0];
            var name = type.GetGenericTypeDefinition() == typeof(Task<>) ? nameof(UnwrapTask) : nameof(UnwrapValueTask);
            var unwrap = typeof(MethodCall).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(result);
            return (result, unwrap.CreateDelegate<Func<object?, ValueTask<object?>>>());
        }

        return (type, static r => ValueTask.FromResult(r));
    }

    private static async ValueTask<object?> UnwrapTask<T>(object? task) => await (Task<T>)task!;

    private static async ValueTask<object?> UnwrapValueTask<T>(object? task) => await (ValueTask<T>)task!;
}
