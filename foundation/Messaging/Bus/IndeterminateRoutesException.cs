namespace Wolverine;

/// <summary>A message was sent or invoked that nobody is known to handle.</summary>
public sealed class IndeterminateRoutesException(string message) : Exception(message);
