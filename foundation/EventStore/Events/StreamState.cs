namespace Marten.Events;

/// <summary>What the stream's own row says.</summary>
/// <param name="Id">The stream.</param>
/// <param name="Version">Version of the last event.</param>
/// <param name="AggregateTypeName">Alias of the aggregate, such as <c>grant</c>; null for a stream begun by a plain append.</param>
/// <param name="LastTimestamp">When it was last appended to.</param>
/// <param name="Created">When it was begun.</param>
/// <param name="IsArchived">Archived streams give no events.</param>
public sealed record StreamState(Guid Id, long Version, string? AggregateTypeName, DateTimeOffset LastTimestamp, DateTimeOffset Created, bool IsArchived);
