using System.Text.Json.Serialization;
using Marten.Events.Daemon;

namespace Marten.Json;

/// <summary>The store's own documents.</summary>
[JsonSerializable(typeof(DeadLetterEvent))]
internal sealed partial class StoreJsonContext : JsonSerializerContext;
