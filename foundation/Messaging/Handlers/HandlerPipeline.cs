using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Wolverine.Marten;

namespace Wolverine.Handlers;

/// <summary>One handler method with all that comes before it: models are loaded, then <c>Load</c>, then <c>Validate</c>, then <c>Handle</c>.</summary>
internal sealed partial class HandlerPipeline
{
    private readonly ILogger _logger;
    private readonly List<ModelLoader> _models = [];
    private readonly List<LoadStep> _steps = [];
    private readonly MethodCall _handle;
    private readonly ReturnPlan _returns;
    private readonly int _slots;

    /// <exception cref="InvalidOperationException">The methods do not fit together.</exception>
    public HandlerPipeline(MethodInfo handle, IEnumerable<MethodInfo> before, IServiceProviderIsService services, ILogger logger)
    {
        _logger = logger;
        Name = $"{handle.DeclaringType!.Name}.{handle.Name}";
        var binder = new ParameterBinder(handle.GetParameters()[0].ParameterType, services);
        foreach (var parameter in handle.GetParameters())
        {
            if (ModelLoader.For(parameter, binder) is { } loader)
            {
                _models.Add(loader);
            }
        }

        var writable = handle.GetParameters().Count(p => p.IsDefined(typeof(WriteModelAttribute)));
        if (writable > 1)
        {
            throw new InvalidOperationException("a handler appends to one stream: only one parameter may be a [WriteModel]");
        }

        _steps.AddRange(before.Select(m => new LoadStep(m, binder)));
        _handle = new MethodCall(handle, binder);
        _returns = new ReturnPlan(_handle.ReturnType, writable == 1);
        _slots = binder.SlotCount;
    }

    /// <summary>Class and method, for logs.</summary>
    public string Name { get; }

    /// <summary>Runs the handler; its effects are queued in the frame's session and not yet saved.</summary>
    public async Task RunAsync(HandlerFrame frame)
    {
        frame.Values = new object?[_slots];
        frame.Append = null;
        foreach (var model in _models)
        {
            frame.Values[model.Slot] = await model.LoadAsync(frame);
            if (model.Required && frame.Values[model.Slot] is null)
            {
                LogMissing(Name, model.Aggregate.Name, frame.Context.Envelope?.Id);
                return;
            }
        }

        foreach (var step in _steps)
        {
            if (step.Call.MissesInput(frame) || !await step.RunAsync(frame))
            {
                LogStopped(Name, step.Call.Method.Name, frame.Context.Envelope?.Id);
                return;
            }
        }

        if (_handle.MissesInput(frame))
        {
            LogStopped(Name, "Load", frame.Context.Envelope?.Id);
            return;
        }

        await _returns.ApplyAsync(await _handle.InvokeAsync(frame), frame);
    }

    [LoggerMessage(1, LogLevel.Information, "{Handler} has nothing to do for message {MessageId}: there is no stream of {Aggregate}")]
    private partial void LogMissing(string handler, string aggregate, Guid? messageId);

    [LoggerMessage(2, LogLevel.Debug, "{Handler} was stopped by {Step} for message {MessageId}")]
    private partial void LogStopped(string handler, string step, Guid? messageId);
}
