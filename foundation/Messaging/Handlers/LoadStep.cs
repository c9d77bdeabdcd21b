using System.Reflection;
using System.Runtime.CompilerServices;

namespace Wolverine.Handlers;

/// <summary>A <c>Load</c> or <c>Validate</c> method: what it returns is kept for later parameters, or stops the message.</summary>
internal sealed class LoadStep
{
    private readonly int[] _slots;
    private readonly bool _tuple;

    public LoadStep(MethodInfo method, ParameterBinder binder)
    {
        Call = new MethodCall(method, binder);
        _tuple = typeof(ITuple).IsAssignableFrom(Call.ReturnType);

        // -1: the member is the continuation. The slots exist from here on, for the methods that are bound after this one.
        _slots = [.. ReturnPlan.Members(Call.ReturnType).Select(t => t == typeof(HandlerContinuation) ? -1 : binder.AddSlot(t))];
    }

    public MethodCall Call { get; }

    /// <returns>False when the message is done.</returns>
    public async ValueTask<bool> RunAsync(HandlerFrame frame)
    {
        var result = await Call.InvokeAsync(frame);
        var goOn = true;
        for (var i = 0; i < _slots.Length; i++)
        {
            var value = _tuple ? ((ITuple)result!)[i] : result;
            if (_slots[i] >= 0)
            {
                frame.Values[_slots[i]] = value;
            }
            else if (value is HandlerContinuation.Stop)
            {
                goOn = false;
            }
        }

        return goOn;
    }
}
