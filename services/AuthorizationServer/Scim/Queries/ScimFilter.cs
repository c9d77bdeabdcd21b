namespace ManagedOAuth.AuthorizationServer.Scim.Queries;

/// <summary>A filter of RFC 7644 §3.4.2.2 as a tree.</summary>
public abstract record ScimFilter
{
    private ScimFilter()
    {
    }

    /// <summary>One comparison.</summary>
    /// <param name="Attribute">The attribute path in lower case, without the schema's URN.</param>
    /// <param name="Operator"><c>eq</c>, <c>ne</c>, <c>co</c>, <c>sw</c>, <c>ew</c> or <c>pr</c>.</param>
    /// <param name="Value">A text, true or false; null for <c>pr</c> and for JSON's null.</param>
    public sealed record Comparison(string Attribute, string Operator, object? Value) : ScimFilter;

    public sealed record And(ScimFilter Left, ScimFilter Right) : ScimFilter;

    public sealed record Or(ScimFilter Left, ScimFilter Right) : ScimFilter;

    public sealed record Not(ScimFilter Inner) : ScimFilter;
}
