namespace Wolverine.Attributes;

/// <summary>Fixes a message type's stable name. Without it the name is the type's own in snake_case.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct, Inherited = false)]
public sealed class MessageIdentityAttribute(string alias) : Attribute
{
    /// <summary>The name that stands in the queue.</summary>
    public string Alias { get; } = alias;
}
