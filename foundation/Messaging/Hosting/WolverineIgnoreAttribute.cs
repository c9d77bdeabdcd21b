namespace Wolverine.Attributes;

/// <summary>Keeps discovery away from a class or method that only looks like a handler.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class WolverineIgnoreAttribute : Attribute;
