using System.Diagnostics;

namespace ManagedOAuth.Edge.Hosting;

/// <summary>
/// Every public request begins a trace of its own: the trace id is the flow id that events are found by, so no stranger may choose it, and
/// no baggage comes in from outside. Outwards the context is written as usual.
/// </summary>
internal sealed class PublicTrace : DistributedContextPropagator
{
    private readonly DistributedContextPropagator _usual = CreateDefaultPropagator();

    public override IReadOnlyCollection<string> Fields => _usual.Fields;

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter) => _usual.Inject(activity, carrier, setter);

    public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState)
    {
        traceId = null;
        traceState = null;
    }

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;
}
