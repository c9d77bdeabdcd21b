namespace Wolverine.Marten;

/// <summary>
/// The parameter is the aggregate that the message is about, loaded for writing: returned events are appended to its
/// stream if nobody else appended meanwhile, otherwise the message is tried again.
/// </summary>
/// <remarks>
/// A stream that does not exist means that there is nothing to do: the message counts as handled. A handler that wants to
/// see that case declares the parameter nullable.
/// </remarks>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class WriteModelAttribute(string? idMember = null) : Attribute
{
    /// <summary>The message's property that names the stream. Default: <c>{Aggregate}Id</c>, else <c>Id</c>.</summary>
    public string? IdMember { get; } = idMember;

    /// <summary>The message's property that holds the version which the stream must be at; null = whatever it is at.</summary>
    public string? VersionSource { get; init; }
}
