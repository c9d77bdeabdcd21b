namespace Wolverine.Handlers;

/// <summary>All handlers of one message type in this process. They run one after the other in one transaction.</summary>
internal sealed record HandlerChain(Type MessageType, string MessageTypeName, IReadOnlyList<HandlerPipeline> Handlers);
