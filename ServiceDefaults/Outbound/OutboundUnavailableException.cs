namespace ManagedOAuth.ServiceDefaults.Outbound;

/// <summary>A server outside does not answer, or its answer is a fault of its own: try again later, nothing is decided.</summary>
/// <param name="what">What was tried and what came of it; without anything secret.</param>
/// <param name="inner">The cause.</param>
public class OutboundUnavailableException(string what, Exception? inner = null) : Exception(what, inner);
