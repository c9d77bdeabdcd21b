namespace Wolverine.Marten;

/// <summary>The parameter is an aggregate's newest state, to look at. Missing streams are treated as for <see cref="WriteModelAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class ReadModelAttribute(string? idMember = null) : Attribute
{
    /// <summary>The message's property that names the stream. Default: <c>{Aggregate}Id</c>, else <c>Id</c>.</summary>
    public string? IdMember { get; } = idMember;
}
