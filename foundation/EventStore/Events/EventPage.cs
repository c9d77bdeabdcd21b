namespace Marten.Events;

/// <summary>A page of events in the order of their sequence.</summary>
/// <param name="Events">The events.</param>
/// <param name="Next">Where the next page begins: pass it as <c>after</c>.</param>
/// <param name="HasMore">True if the page is full; the next one may still be empty.</param>
public sealed record EventPage(IReadOnlyList<IEvent> Events, long Next, bool HasMore);
