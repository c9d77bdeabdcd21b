using System.Text.Json;

namespace Marten.Events;

/// <summary>
/// The data of an event whose stored name this build does not know (written by a newer or much older one). Histories show it as it is;
/// a fold refuses it unless the name was given to <see cref="EventGraph.IgnoreEventType"/>.
/// </summary>
/// <param name="EventTypeName">The stored name.</param>
/// <param name="Json">The stored data.</param>
public sealed record UnknownEvent(string EventTypeName, JsonElement Json);
