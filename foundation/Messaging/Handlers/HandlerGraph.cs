using System.Collections.Frozen;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Wolverine.Attributes;
using Wolverine.Serialization;

namespace Wolverine.Handlers;

/// <summary>All handlers of this process: found, checked and compiled once, at start.</summary>
internal sealed class HandlerGraph
{
    private const BindingFlags StaticMethods = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
    private static readonly string[] s_handle = ["Handle", "HandleAsync"];
    private static readonly string[] s_before = ["Load", "LoadAsync", "Validate", "ValidateAsync"];

    private readonly FrozenDictionary<string, HandlerChain> _byName;
    private readonly FrozenDictionary<Type, HandlerChain> _byType;

    /// <exception cref="InvalidOperationException">Some handlers cannot work; the text names all of them and why.</exception>
    public HandlerGraph(WolverineOptions options, MessageTypeNames names, IServiceProviderIsService services, ILogger<HandlerGraph> logger)
    {
        var errors = new List<string>();
        var pipelines = new Dictionary<Type, List<HandlerPipeline>>();
        foreach (var handlerClass in options.Discovery.FindClasses())
        {
            Compile(handlerClass, services, logger, pipelines, errors);
        }

        var byName = new Dictionary<string, HandlerChain>(StringComparer.Ordinal);
        foreach (var (type, handlers) in pipelines)
        {
            var chain = new HandlerChain(type, names.NameOf(type), handlers);
            if (!byName.TryAdd(chain.MessageTypeName, chain))
            {
                errors.Add($"{type.FullName} and {byName[chain.MessageTypeName].MessageType.FullName} are both named '{chain.MessageTypeName}': give one a [MessageIdentity].");
            }
        }

        if (errors.Count > 0)
        {
            throw new InvalidOperationException("Message handlers cannot be used:" + Environment.NewLine + string.Join(Environment.NewLine, errors));
        }

        _byName = byName.ToFrozenDictionary(StringComparer.Ordinal);
        _byType = byName.Values.ToFrozenDictionary(c => c.MessageType);
    }

    /// <summary>How many message types are handled.</summary>
    public int Count => _byType.Count;

    public HandlerChain? Find(string messageTypeName) => _byName.GetValueOrDefault(messageTypeName);

    public HandlerChain? Find(Type messageType) => _byType.GetValueOrDefault(messageType);

    private static void Compile(
        Type handlerClass, IServiceProviderIsService services, ILogger logger, Dictionary<Type, List<HandlerPipeline>> pipelines, List<string> errors)
    {
        var methods = handlerClass.GetMethods(StaticMethods).Where(m => !m.IsPrivate && !m.IsDefined(typeof(WolverineIgnoreAttribute))).ToArray();
        var handles = methods.Where(m => s_handle.Contains(m.Name)).ToArray();
        var messages = handles.Select(MessageOf).OfType<Type>().ToHashSet();

        // Load before Validate; within a kind in the order of the source.
        var before = methods.Where(m => s_before.Contains(m.Name)).OrderBy(m => Array.IndexOf(s_before, m.Name) / 2).ThenBy(m => m.MetadataToken).ToArray();
        foreach (var handle in handles)
        {
            try
            {
                var message = MessageOf(handle)
                    ?? throw new InvalidOperationException("the first parameter must be the message: a plain class or record");
                var pipeline = new HandlerPipeline(handle, before.Where(m => BelongsTo(m, message, messages)), services, logger);
                (pipelines.TryGetValue(message, out var list) ? list : pipelines[message] = []).Add(pipeline);
            }
            catch (Exception wrong) when (wrong is InvalidOperationException or ArgumentException)
            {
                // ArgumentException: a type that cannot stand where the attribute puts it. All mistakes are reported together: the start fails once, not once per handler.
                errors.Add($"{handlerClass.FullName}.{handle.Name}: {wrong.Message}.");
            }
        }
    }

    // Belongs to every handler of its class, unless its first parameter is another handler's message.
    private static bool BelongsTo(MethodInfo method, Type message, HashSet<Type> messages)
        => method.GetParameters() is not [var first, ..] || first.ParameterType == message || !messages.Contains(first.ParameterType);

    private static Type? MessageOf(MethodInfo handle)
        => handle.GetParameters() is [{ ParameterType: { IsClass: true, IsAbstract: false, ContainsGenericParameters: false } type }, ..]
            && type != typeof(string) && type != typeof(object) ? type : null;
}
