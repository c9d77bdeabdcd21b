using System.Reflection;
using Wolverine.Attributes;

namespace Wolverine;

/// <summary>Which classes are looked at for handlers: static classes whose name ends with <c>Handler</c>.</summary>
public sealed class HandlerDiscovery
{
    private readonly HashSet<Assembly> _assemblies = [];
    private readonly HashSet<Type> _types = [];
    private bool _entryAssembly = true;

    /// <summary>Looks into this assembly too. The entry assembly is always looked into.</summary>
    public HandlerDiscovery IncludeAssembly(Assembly assembly)
    {
        _assemblies.Add(assembly);
        return this;
    }

    /// <summary>Takes this class, whatever its name.</summary>
    public HandlerDiscovery IncludeType(Type handlerClass)
    {
        _types.Add(handlerClass);
        return this;
    }

    /// <summary>Leaves the entry assembly out; what is included by name stays.</summary>
    public HandlerDiscovery DisableConventionalDiscovery()
    {
        _entryAssembly = false;
        return this;
    }

    /// <summary>The handler classes, in an order that does not change between runs.</summary>
    internal IReadOnlyList<Type> FindClasses()
    {
        var assemblies = new HashSet<Assembly>(_assemblies);
        if (_entryAssembly && Assembly.GetEntryAssembly() is { } entry)
        {
            assemblies.Add(entry);
        }

        return [.. assemblies.SelectMany(a => a.GetTypes()).Where(IsHandlerClass).Concat(_types).Distinct().OrderBy(t => t.FullName, StringComparer.Ordinal)];
    }

    private static bool IsHandlerClass(Type type)
        => type is { IsAbstract: true, IsSealed: true, IsGenericTypeDefinition: false }
            && type.Name.EndsWith("Handler", StringComparison.Ordinal)
            && !type.IsDefined(typeof(WolverineIgnoreAttribute), inherit: false);
}
